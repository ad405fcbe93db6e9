"""Holds both languages complete: every Chinese text has its English, and the compiled file is of this source."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fanzha.desk

DESK = Path(fanzha.desk.__file__).parent
CATALOGUES = sorted(DESK.rglob("locale/en/LC_MESSAGES/django.po"))  # the desk's, and those of single rooms
_TAG = re.compile(r"{%\s*translate '([^']*)'|_\('([^']*)'\)")
_BLOCK = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate", re.DOTALL)
_NAMES = {"_", "gettext", "gettext_lazy"}


def _compiled(catalogue: Path) -> dict[str, str]:
    with catalogue.with_suffix(".mo").open("rb") as file:
        return {key: value for key, value in gettext.GNUTranslations(file)._catalog.items() if key}  # type: ignore[attr-defined]


def _source(catalogue: Path) -> dict[str, str]:
    text = catalogue.read_text(encoding="utf-8")
    pairs = re.findall(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|$))+)', text, re.MULTILINE)
    found = {_joined(key): _joined(value) for key, value in pairs}
    return {key: value for key, value in found.items() if key}


def _joined(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.splitlines())


def _known() -> dict[str, str]:
    return {key: value for catalogue in CATALOGUES for key, value in _source(catalogue).items() if value}


def _used() -> Iterator[tuple[str, str]]:
    """(file, text) of everything that is marked for translation."""
    for path in DESK.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for found in _TAG.finditer(text):
            yield path.name, (found[1] or found[2]).replace("%", "%%")  # as Django looks a template's text up
        for found in _BLOCK.finditer(text):
            yield path.name, re.sub(r"{{ (\w+) }}", r"%(\1)s", found[1])
    for path in DESK.rglob("*.py"):
        if "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _NAMES and node.args:
                    text = node.args[0]
                    if isinstance(text, ast.Constant):
                        yield path.name, str(text.value)


def test_every_text_has_its_english() -> None:
    known = _known()
    missing = sorted({f"{file}: {text}" for file, text in _used() if text not in known})
    assert missing == [], "fanzha desk makemessages -l en, translate, compilemessages"


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_the_compiled_catalogue_is_of_this_source(catalogue: Path) -> None:
    assert _compiled(catalogue) == {key: value for key, value in _source(catalogue).items() if value}


def test_placeholders_are_the_same_in_both() -> None:
    places = re.compile(r"%\((\w+)\)")
    odd = [key for key, value in _known().items() if set(places.findall(key)) != set(places.findall(value))]
    assert odd == []
