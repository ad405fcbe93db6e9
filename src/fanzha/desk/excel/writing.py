"""Decides how tables become Excel: row by row into a file that is sent in pieces, text as text, never a formula."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]
from django.http import FileResponse, HttpResponse, HttpResponseBase

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_PIECE = 1 << 16
_SMALL = 1 << 20  # bytes that are sent at once


@dataclass(frozen=True)
class Sheet:
    """Rows of one sheet, which may come from a query one by one. frozen: how many of the first stay in sight."""

    rows: Iterable[Sequence[Any]]
    frozen: int = 1
    title: str | None = None
    bold: bool = False


def write(out: IO[bytes], *sheets: Sheet) -> None:
    """A workbook, in memory that does not grow with its rows: files of xlsxwriter hold them until they are packed."""
    book = xlsxwriter.Workbook(out, _PLAIN)
    heavy = book.add_format({"bold": True})
    for each in sheets:
        page = book.add_worksheet(each.title[:31] if each.title else None)
        page.set_column(0, 12, 20)
        page.freeze_panes(each.frozen, 0)
        for at, row in enumerate(each.rows):
            form = heavy if each.bold and at < each.frozen else None
            for column, value in enumerate(row):
                if isinstance(value, int | float):
                    page.write_number(at, column, value, form)
                else:
                    page.write_string(at, column, str(value), form)
    book.close()


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
