"""What the pages promise is there: links, pictures of a sane size, and commands and options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fanzha.cli.main import COMMANDS, fanzha

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "deploy" / "spark" / "README.md"]
)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_picture_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            there = page.parent / target if target else page
            assert there.exists(), target
            assert not anchor or anchor in headings(there), f"{target}#{anchor}"


@pytest.mark.parametrize("name", PAGES)
def test_every_command_named_is_one(name: str) -> None:
    for command in re.findall(r"^fanzha (\S+)|`fanzha (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE):
        assert (command[0] or command[1]) in COMMANDS


def typed(page: Path) -> Iterator[list[str]]:
    """Command lines of `fanzha` that a page shows, at the start of a line or between backticks, comments left out."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"^ *(?:\w+=\S+ )*fanzha ([^\n`]+)$|`fanzha ([^`\n]+)`", text, re.MULTILINE):
        words = re.split(r"\s#|\s\|\s| > | >> |;|  +", line[0] or line[1])[0].replace("'", '"')
        yield shlex.split(words) if words.count('"') % 2 == 0 else words.split()


@pytest.mark.parametrize("name", PAGES)
def test_every_option_shown_is_one(name: str) -> None:
    for words in typed(ROOT / name):
        command: click.Command = fanzha
        context = click.Context(command)
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        for word in words:
            found = command.get_command(context, word) if isinstance(command, click.Group) else None
            if found is None:
                break
            command = found
        if command.name != "desk":  # Django's own
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert options <= known | {"--help"}, words


def test_pictures_load_quickly() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.png"):
        assert picture.stat().st_size < 400_000
