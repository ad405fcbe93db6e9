"""What the first pages promise is there: links, pictures of a sane size, and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fanzha.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "README.zh-CN.md", "docs/concepts.md"]


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_picture_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", PAGES)
def test_every_command_named_is_one(name: str) -> None:
    for command in re.findall(r"^fanzha (\S+)|`fanzha (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE):
        assert (command[0] or command[1]) in COMMANDS


def test_pictures_load_quickly() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.png"):
        assert picture.stat().st_size < 400_000
