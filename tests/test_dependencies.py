"""What docs/dependencies.md says of packages is what is declared and locked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> set[str]:
    wanted = [*PROJECT["dependencies"], *(one for group in PROJECT["optional-dependencies"].values() for one in group)]
    return {re.split(r"[\[<>=, ]", each)[0] for each in wanted} - {PROJECT["name"]}


def locked() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in ("requirements.lock", "requirements-dev.lock"):
        for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(encoding="utf-8"), re.M):
            found.setdefault(package, set()).add(version)
    return found


@pytest.mark.parametrize("package", sorted(declared()))
def test_every_dependency_is_explained_with_the_version_that_is_locked(package: str) -> None:
    lines = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines()
    said = " ".join(line for line in lines if re.search(rf"(?<![\w-]){re.escape(package)}(?![\w-])", line))
    assert said, f"{package} has no word of why in docs/dependencies.md"
    for version in locked()[package]:
        assert re.search(rf"(?<![\w.]){re.escape(version)}(?![\w])", said), f"{package} {version} is locked"
