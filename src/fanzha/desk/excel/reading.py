"""Decides what of an Excel file that people bring is read: its first sheet, known columns, within limits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl  # type: ignore[import-untyped]
from django.utils.translation import gettext as _

from fanzha.errors import Refused


@dataclass(frozen=True)
class Limits:
    """The most that is taken: bytes once unpacked, rows."""

    unpacked: int
    rows: int


def rows_of(
    path: Path, limits: Limits, heads: Mapping[str, str], required: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, {column: cell}) of every row that is not empty. heads: heading -> column; others are passed over.

    Raises Refused for what is no such Excel, too big, or lacks the heading `required`.
    """
    _check_size(path, limits)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise Refused(_("不是可读取的 Excel 文件（.xlsx）")) from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        order = [heads.get(str(cell or "").strip(), "") for cell in next(rows, ())]
        if heads[required] not in order:
            raise Refused(_("缺少列“%(name)s”") % {"name": required}, hint=_("请下载模板，按其表头填写"))
        yield from _filled(order, rows, limits)
    finally:
        book.close()


def text(cell: Any) -> str:
    """A number that Excel took for a figure is still a number."""
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell).strip()


def _filled(
    order: Sequence[str], rows: Iterable[Sequence[Any]], limits: Limits
) -> Iterator[tuple[int, dict[str, Any]]]:
    taken = 0
    for number, row in enumerate(rows, start=2):
        cells = {name: cell for name, cell in zip(order, row, strict=False) if name and cell not in (None, "")}
        if not cells:
            continue
        taken += 1
        if taken > limits.rows:
            raise Refused(_("一次最多导入 %(most)s 行") % {"most": limits.rows})
        yield number, cells


def _check_size(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except BadZipFile as error:
        raise Refused(_("不是可读取的 Excel 文件（.xlsx）")) from error
    if unpacked > limits.unpacked:
        raise Refused(_("文件解开后过大，请拆分后再导入"))
