from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("lang", "name"), [("en", "cli.md"), ("zh", "cli.zh-CN.md")])
def test_the_documented_command_line_is_the_real_one(lang: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fanzha.cli.reference"],
        env={**os.environ, "FANZHA_LANG": lang},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (DOCS / name).read_text(encoding="utf-8"), (
        f"stale: FANZHA_LANG={lang} python -m fanzha.cli.reference > docs/{name}"
    )
