"""Decides which values the cells of an .xlsx's first sheet hold: read as a stream, only shared strings are kept.

ECMA-376 part 1, 18.3 (sheets), 18.4 (shared strings), 18.8 (styles). openpyxl builds objects of each string and cell,
which takes ten times as long; of it only what it knows of dates is used here.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format  # type: ignore[import-untyped]
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel  # type: ignore[import-untyped]

# Whatever a file that is damaged, encrypted or made to do harm raises on the way.
BROKEN = (
    BadZipFile, ZlibError, EOFError, OSError, KeyError, IndexError, ValueError, RuntimeError, OverflowError,
    expat.ExpatError, ElementTree.ParseError,
)  # fmt: skip
_CHUNK = 1 << 16
_MOST_PLAIN = 4_000_000  # bytes of the parts that are not streamed; those of real files have some thousands
_ROWS, _COLUMNS = 1_048_576, 16_384
_LONGEST = 32_767  # characters of a cell
_STRINGS = 2_000_000  # shared ones: more than a hundred thousand rows of ours can name


def rows(path: Path) -> Iterator[tuple[int, dict[int, Any]]]:
    """(row number, {column from 0: value}) of each row with a cell. Raises one of BROKEN for what is no such Excel."""
    with ZipFile(path) as archive:
        book = _target(archive, "", "officeDocument")
        tree = _tree(archive, book)
        mac = any(each.get("date1904") in ("1", "true") for each in _all(tree, "workbookPr"))
        strings = _strings(archive, _target(archive, book, "sharedStrings", missing=""))
        dates = _dates(archive, _target(archive, book, "styles", missing=""))
        taken = _Sheet(strings, dates, CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900)
        with archive.open(_first_sheet(archive, book, tree)) as file:
            for _part in _parsed(file, taken):
                yield from taken.rows
                taken.rows.clear()


class _Text:
    """Takes what stands in <t> (and <v>), but not how it is read aloud."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._open = self._aside = False
        self._length = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name in ("t", "v"):
            self._open = not self._aside
        elif name == "rPh":
            self._aside = True

    def words(self, text: str) -> None:
        if self._open:
            self.parts.append(text)
            self._length += len(text)
            if self._length > _LONGEST:
                raise ValueError("a cell beyond Excel's own limit")

    def end(self, name: str) -> None:
        if name in ("t", "v"):
            self._open = False
        elif name == "rPh":
            self._aside = False

    def taken(self) -> str:
        """What was read since the last time."""
        text = "".join(self.parts)
        self.parts.clear()
        self._length = 0
        return text


class _Strings(_Text):
    """The shared strings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            self.found.append(self.taken())
            if len(self.found) > _STRINGS:
                raise ValueError("too many shared strings")


class _Sheet(_Text):
    """The rows of a sheet."""

    def __init__(self, strings: Sequence[str], dates: frozenset[str], epoch: Any) -> None:
        super().__init__()
        self.rows: list[tuple[int, dict[int, Any]]] = []
        self._strings, self._dates, self._epoch = strings, dates, epoch
        self._number, self._column, self._cells = 0, -1, dict[int, Any]()
        self._kind, self._style = "n", ""
        self._columns: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            place = attributes.get("r")
            self._column = self._at(place) if place else self._column + 1
            if self._column >= _COLUMNS:
                raise ValueError("a column beyond Excel's own limit")
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        elif name == "row":
            told = attributes.get("r")
            self._number = int(told) if told else self._number + 1
            if not 0 < self._number <= _ROWS:
                raise ValueError("a row beyond Excel's own limit")
            self._column, self._cells = -1, {}
        else:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        if name == "c":
            if self.parts:
                self._cells[self._column] = self._value(self.taken())
        elif name == "row":
            if self._cells:
                self.rows.append((self._number, self._cells))
        else:
            super().end(name)

    def _at(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        found = self._columns.get(letters)
        if found is None:
            found = 0
            for letter in letters:
                found = found * 26 + ord(letter) - 64
            if not 0 < found <= _COLUMNS or not letters.isupper():
                raise ValueError(place)
            found -= 1
            self._columns[letters] = found
        return found

    def _value(self, text: str) -> Any:
        if self._kind == "s":
            at = int(text)
            if at < 0:
                raise IndexError(at)
            return self._strings[at]
        if self._kind == "b":
            return text.strip() == "1"
        return self._figure(text) if self._kind == "n" else text

    def _figure(self, text: str) -> Any:
        if not any(mark in text for mark in ".eE"):
            value: float = int(text)
        else:
            value = float(text)
            if not math.isfinite(value):
                return text
        if self._style in self._dates:
            try:
                return from_excel(value, self._epoch)
            except (OverflowError, ValueError):
                return text
        return value


def _parsed(file: IO[bytes], taken: _Text) -> Iterator[None]:
    """Feed a part to its taker, a piece at a time; a DTD, which no Office file has, is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refused
    start, end = taken.start, taken.end
    parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
    parser.EndElementHandler = lambda name: end(_local(name))
    parser.CharacterDataHandler = taken.words
    while chunk := file.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def _refused(*_told: Any) -> None:
    raise ValueError("a DTD")


def _strings(archive: ZipFile, part: str) -> list[str]:
    taken = _Strings()
    if part:
        with archive.open(part) as file:
            for _part in _parsed(file, taken):
                pass
    return taken.found


def _dates(archive: ZipFile, part: str) -> frozenset[str]:
    """The styles, by their number, that show a figure as a date."""
    if not part:
        return frozenset()
    tree = _tree(archive, part)
    formats: dict[int, str] = dict(BUILTIN_FORMATS)
    formats |= {int(each.get("numFmtId", 0)): each.get("formatCode", "") for each in _all(tree, "numFmt")}
    shown: Callable[[Any], bool] = lambda each: is_date_format(formats.get(int(each.get("numFmtId", 0)), ""))  # noqa: E731
    styles = [xf for each in _all(tree, "cellXfs") for xf in each]
    return frozenset(str(at) for at, each in enumerate(styles) if shown(each))


def _first_sheet(archive: ZipFile, book: str, tree: Any) -> str:
    """The part of the first sheet with cells; a chart may stand before it."""
    parts = {each.get("Id"): each for each in _relations(archive, book)}
    for each in _all(tree, "sheet"):
        told = next((value for name, value in each.attrib.items() if name.endswith("}id")), None)
        if told in parts and parts[told].get("Type", "").endswith("/worksheet"):
            return _place(book, parts[told].get("Target", ""))
    raise KeyError("worksheet")


def _target(archive: ZipFile, part: str, kind: str, missing: str | None = None) -> str:
    """The part that another names as its `kind`. Raises KeyError where there is none and `missing` is not given."""
    for each in _relations(archive, part):
        if each.get("Type", "").endswith(f"/{kind}"):
            return _place(part, each.get("Target", ""))
    if missing is None:
        raise KeyError(kind)
    return missing


def _relations(archive: ZipFile, part: str) -> list[Any]:
    folder, name = posixpath.split(part)
    return _all(_tree(archive, posixpath.join(folder, "_rels", f"{name}.rels")), "Relationship")


def _place(part: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def _tree(archive: ZipFile, part: str) -> Any:
    if archive.getinfo(part).file_size > _MOST_PLAIN:
        raise ValueError(part)
    content = archive.read(part)
    if b"<!DOCTYPE" in content.replace(b"\0", b""):  # in UTF-16 as well
        _refused()
    return ElementTree.fromstring(content)  # noqa: S314 - without a DTD there are no entities


def _all(tree: Any, name: str) -> list[Any]:
    return [each for each in tree.iter() if each.tag.rpartition("}")[2] == name]
