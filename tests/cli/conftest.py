from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PROGRAM = Path(sys.executable).with_name("fanzha")


def run_fanzha(
    home: Path, *arguments: object, lang: str = "en", debug: bool = False, **more: Any
) -> subprocess.CompletedProcess[str]:
    """The real program with its own home; never on a terminal."""
    environment = {**os.environ, "FANZHA_HOME": str(home), "FANZHA_LANG": lang}
    if not debug:
        environment.pop("FANZHA_DEBUG", None)
    command = [str(PROGRAM), *map(str, arguments)]
    return subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, timeout=300, **more
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run with an empty home."""
    return lambda *arguments, **more: run_fanzha(tmp_path / "home", *arguments, **more)


@pytest.fixture(scope="session")
def program() -> Path:
    """Where the program is."""
    return PROGRAM


@pytest.fixture(scope="session")
def fanzha() -> Run:
    """Run with a home of one's choice."""
    return run_fanzha


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny synthetic province as files."""
    folder = tmp_path_factory.mktemp("province")
    done = run_fanzha(
        folder / "home", "world", folder / "out", "--subscribers", 1500, "--days", 2, "--gangs", 13, "--evasion", 0
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="session")
def home(province: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake holds that province; tests only read it."""
    place = tmp_path_factory.mktemp("home")
    for kind in ("subscribers", "cells", "trunks"):
        assert run_fanzha(place, "import", province / f"{kind}.parquet", "--kind", kind).returncode == 0
    done = run_fanzha(place, "import", province / "calls")
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="session")
def alerts(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a scan of that lake wrote."""
    out = tmp_path_factory.mktemp("scan") / "alerts.jsonl"
    done = run_fanzha(home, "scan", "--out", out)
    assert done.returncode == 0, done.stderr
    return out
