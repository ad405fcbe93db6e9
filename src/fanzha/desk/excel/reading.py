"""Decides what of an Excel file that people bring is read: its first sheet, known columns, within limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.utils.translation import gettext as _

from fanzha.desk.excel import cells
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
    try:
        _check_size(path, limits)
        yield from _filled(cells.rows(path), limits, heads, required)
    except cells.BROKEN as error:
        raise Refused(_("不是可读取的 Excel 文件（.xlsx）")) from error


def text(cell: Any) -> str:
    """A number that Excel took for a figure is still a number."""
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell).strip()


def _filled(
    rows: Iterator[tuple[int, dict[int, Any]]], limits: Limits, heads: Mapping[str, str], required: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    _first, titles = next(rows, (0, {}))
    order = {column: heads.get(str(title).strip(), "") for column, title in titles.items()}
    if heads[required] not in order.values():
        raise Refused(_("缺少列“%(name)s”") % {"name": required}, hint=_("请下载模板，按其表头填写"))
    taken = 0
    for number, row in rows:
        found = {order[at]: cell for at, cell in row.items() if order.get(at) and cell != ""}
        if not found:
            continue
        taken += 1
        if taken > limits.rows:
            raise Refused(_("一次最多导入 %(most)s 行") % {"most": limits.rows})
        yield number, found


def _check_size(path: Path, limits: Limits) -> None:
    with ZipFile(path) as archive:
        unpacked = sum(each.file_size for each in archive.infolist())
    if unpacked > limits.unpacked:
        raise Refused(_("文件解开后过大，请拆分后再导入"))
