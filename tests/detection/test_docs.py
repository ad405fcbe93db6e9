from __future__ import annotations

import os
from pathlib import Path

import pytest

from fanzha.detection.pack import Pack
from fanzha.profiles.fields import BY_NAME, COUNTERS, FIELDS, LONG_COUNTERS, WINDOWS

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- fields: written by tests/detection/test_docs.py -->\n", "<!-- end of fields -->"
HEADINGS = ("## How it works", "## Evidence", "## What it cannot see", "## Whom it must spare")


def field_tables() -> str:
    """The field list as the docs show it."""
    suffixes = ", ".join(f"`_{window[0]}`" for window in WINDOWS)
    rows = [
        f"Counters, each with {suffixes}; those marked * also with `_30d`:",
        "",
        "| counter | 中文 | meaning | unit |",
    ]
    rows.append("|---|---|---|---|")
    for name, zh, en, unit in COUNTERS:
        rows.append(f"| `{name}`{' *' if name in LONG_COUNTERS else ''} | {zh} | {en} | {unit} |")
    rows += [
        "",
        "The others, and the kinds of profile that know them:",
        "",
        "| field | 中文 | meaning | unit | kinds |",
    ]
    rows.append("|---|---|---|---|---|")
    counted = {f"{counter[0]}_{window[0]}" for counter in COUNTERS for window in (*WINDOWS, ("30d",))}
    for field in FIELDS:
        if field.name not in counted:
            kinds = ", ".join(kind.name.lower() for kind in sorted(field.kinds))
            rows.append(f"| `{field.name}` | {field.zh} | {field.en} | {field.unit} | {kinds} |")
    return "\n".join(rows) + "\n"


def test_the_field_list_in_the_docs_is_the_one_in_force() -> None:
    """Write it anew with FANZHA_WRITE_DOCS=1."""
    page = DOCS / "rules.md"
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    shown, after = rest.split(END)
    if os.environ.get("FANZHA_WRITE_DOCS"):
        page.write_text(before + BEGIN + field_tables() + END + after, encoding="utf-8")
    else:
        assert shown == field_tables()
    assert len(BY_NAME) == len(FIELDS)


def test_the_bands_in_the_docs_are_the_ones_in_force(pack: Pack) -> None:
    text = (DOCS / "rules.md").read_text(encoding="utf-8")
    for band in pack.words.bands.bands:
        assert f"| {band.id} | {band.start:g} | {band.zh}（{band.colour_zh}） |" in text


def test_every_scheme_has_its_page(pack: Pack) -> None:
    assert {page.stem for page in (DOCS / "schemes").glob("*.md")} == set(pack.schemes)


@pytest.mark.parametrize("page", sorted((DOCS / "schemes").glob("*.md")), ids=lambda page: page.stem)
def test_a_page_says_all_four_things_in_both_languages(page: Path, pack: Pack) -> None:
    text = page.read_text(encoding="utf-8")
    scheme = pack.schemes[page.stem]
    assert text.startswith(f"# {scheme.en} {scheme.zh}\n")
    assert "**中文摘要**" in text
    for heading in HEADINGS:
        assert heading in text, heading
    for family in {rule.family for rule in pack.rules if rule.scheme == page.stem}:
        assert f"*{family}*" in text, f"family {family} is not explained"
