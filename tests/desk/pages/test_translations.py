"""Holds both languages complete: every Chinese text has its English, and the compiled file is of this source."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import fanzha.desk

DESK = Path(fanzha.desk.__file__).parent
FOLDER = DESK / "locale" / "en" / "LC_MESSAGES"
_TAG = re.compile(r"{%\s*translate '([^']*)'|_\('([^']*)'\)")
_BLOCK = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate", re.DOTALL)
_NAMES = {"_", "gettext", "gettext_lazy"}


def _compiled() -> dict[str, str]:
    with (FOLDER / "django.mo").open("rb") as file:
        return {key: value for key, value in gettext.GNUTranslations(file)._catalog.items() if key}  # type: ignore[attr-defined]


def _source() -> dict[str, str]:
    text = (FOLDER / "django.po").read_text(encoding="utf-8")
    pairs = re.findall(r'^msgid (".*")\nmsgstr (".*")$', text, re.MULTILINE)
    return {ast.literal_eval(key): ast.literal_eval(value) for key, value in pairs if key != '""'}


def _used() -> Iterator[tuple[str, str]]:
    """(file, text) of everything that is marked for translation."""
    for path in DESK.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for found in _TAG.finditer(text):
            yield path.name, found[1] or found[2]
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
    known = _source()
    missing = sorted({f"{file}: {text}" for file, text in _used() if not known.get(text)})
    assert missing == [], "fanzha desk makemessages -l en, translate, compilemessages"


def test_the_compiled_catalogue_is_of_this_source() -> None:
    assert _compiled() == _source()


def test_placeholders_are_the_same_in_both() -> None:
    places = re.compile(r"%\((\w+)\)")
    odd = [key for key, value in _source().items() if set(places.findall(key)) != set(places.findall(value))]
    assert odd == []
