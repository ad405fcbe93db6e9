"""Decides how tables become Excel: in constant memory, text as text, never a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from django.http import HttpResponse

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def written(rows: Iterable[Sequence[Any]], frozen: int = 1) -> bytes:
    """One sheet; the first `frozen` rows stay in sight."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, _PLAIN)
    sheet = book.add_worksheet()
    sheet.set_column(0, 12, 20)
    sheet.freeze_panes(frozen, 0)
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value if isinstance(value, int) else str(value))
    book.close()
    return out.getvalue()


def answer(content: bytes, name: str) -> HttpResponse:
    """The file as a download."""
    return HttpResponse(content, content_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})
