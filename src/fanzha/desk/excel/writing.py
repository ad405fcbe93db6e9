"""Decides how tables become Excel: row by row into a file that is sent in pieces, text as text, never a formula.

xlsxwriter makes the workbook with its first rows; the others are put in as they come, for its cells cost four times as
much and a hundred thousand rows are to take seconds.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter  # type: ignore[import-untyped]
from django.http import FileResponse, HttpResponse, HttpResponseBase

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_PIECE = 1 << 16
_SMALL = 1 << 20  # bytes that are sent at once
_BLOCK = 500  # rows that are packed together
_LONGEST = 32_767  # characters that Excel takes in a cell
# What XML cannot hold, or Excel would take for its own way of writing that (ECMA-376 part 1, 22.9.2.19).
_ODD = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_RANGE = re.compile(rb"<dimension [^>]*/>")


@dataclass(frozen=True)
class Sheet:
    """Rows of one sheet, which may come from a query one by one. frozen: how many of the first stay in sight."""

    rows: Iterable[Sequence[Any]]
    frozen: int = 1
    title: str | None = None
    bold: bool = False


def write(out: IO[bytes], *sheets: Sheet) -> None:
    """A workbook, in memory that does not grow with its rows."""
    frame, rest = BytesIO(), []
    with xlsxwriter.Workbook(frame, _PLAIN) as book:
        heavy = book.add_format({"bold": True})
        for each in sheets:
            page, rows = book.add_worksheet(each.title[:31] if each.title else None), iter(each.rows)
            page.set_column(0, 12, 20)
            page.freeze_panes(each.frozen, 0)
            for at, row in enumerate(islice(rows, each.frozen)):
                page.write_row(at, 0, row, heavy if each.bold else None)
            rest.append((rows, each.frozen + 1))
    with ZipFile(frame) as made, ZipFile(out, "w", ZIP_DEFLATED) as packed:
        bodies = {f"xl/worksheets/sheet{at}.xml": told for at, told in enumerate(rest, start=1)}
        for name in made.namelist():
            with packed.open(name, "w") as part:
                part.writelines(_filled(made.read(name), *bodies[name]) if name in bodies else [made.read(name)])


def written(*sheets: Sheet) -> bytes:
    """A workbook of few rows."""
    out = BytesIO()
    write(out, *sheets)
    return out.getvalue()


class Sent(FileResponse):
    """A file that is read a piece at a time on an ASGI server as well, where Django would gather the whole first."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces; each is read from the page cache in microseconds."""
        for piece in self:
            yield piece


def sent(name: str, *sheets: Sheet) -> HttpResponseBase:
    """A workbook as a download. What is large lies in a file without a name, which goes with the answer."""
    out = tempfile.TemporaryFile(prefix="fanzha-excel-")  # noqa: SIM115 - the answer closes it
    try:
        write(out, *sheets)
        small = out.tell() <= _SMALL
        out.seek(0)
        if small:
            told = {"Content-Disposition": f'attachment; filename="{name}"'}
            with out:
                return HttpResponse(out.read(), content_type=_XLSX, headers=told)
    except BaseException:
        out.close()
        raise
    answer = Sent(out, as_attachment=True, filename=name, content_type=_XLSX)
    answer.block_size = _PIECE
    return answer


def _filled(frame: bytes, rows: Iterator[Sequence[Any]], first: int) -> Iterator[bytes]:
    """A sheet's part with its other rows; how far it reaches, which is then wrong, may be left out."""
    whole = frame.replace(b"<sheetData/>", b"<sheetData></sheetData>")
    head, mark, tail = _RANGE.sub(b"", whole, count=1).partition(b"</sheetData>")
    yield head
    lines = (_line(at, row) for at, row in enumerate(rows, start=first))
    while block := list(islice(lines, _BLOCK)):
        yield "".join(block).encode()
    yield mark + tail


def _line(at: int, row: Sequence[Any]) -> str:
    cells = [_cell(f"{_column(column)}{at}", value) for column, value in enumerate(row) if value not in (None, "")]
    return f'<row r="{at}">{"".join(cells)}</row>'


def _cell(place: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return f'<c r="{place}"><v>{value}</v></c>'
    text = str(value)[:_LONGEST]
    if _ODD.search(text):
        text = _ODD.sub(_told, text)
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _told(odd: re.Match[str]) -> str:
    return _NAMED.get(odd[0]) or f"_x{ord(odd[0]):04X}_"


@cache
def _column(at: int) -> str:
    letters = ""
    while at >= 0:
        letters, at = chr(65 + at % 26) + letters, at // 26 - 1
    return letters
