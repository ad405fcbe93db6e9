"""Decides how lists look in Excel: the columns of each list in Chinese, read within limits, written row by row."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl  # type: ignore[import-untyped]
import xlsxwriter  # type: ignore[import-untyped]
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.lists.choices import Authority, Exemption, Kind, List, State
from fanzha.desk.lists.judging import Fault, Line
from fanzha.desk.lists.models import Item
from fanzha.desk.lists.terms import terms
from fanzha.desk.masking.mask import mask
from fanzha.errors import Refused
from fanzha.policy import reasons

COLUMNS = {
    List.ALLOW: ("value", "why", "document", "starts", "expires"),
    List.BLOCK: ("kind", "value", "reason", "why", "document", "starts", "expires"),
    List.RESTRICTED: ("name", "value", "document", "authority", "preset", "kept", "starts", "expires"),
    List.SPECIAL: ("value", "trunk", "exemption", "why", "document", "starts", "expires"),
}
HEADS = {
    "kind": "对象类型",
    "value": "号码或标识",
    "name": "姓名",
    "reason": "原因",
    "why": "说明",
    "document": "文书编号",
    "authority": "认定机关层级",
    "preset": "惩戒类别",
    "kept": "保留号码",
    "trunk": "中继",
    "exemption": "豁免",
    "starts": "生效日期",
    "expires": "到期日期",
}
_PERSON = {"value": "证件号码"}


def heads(which: str) -> list[str]:
    """The header row of a list's template."""
    return [_PERSON.get(c, HEADS[c]) if which == List.RESTRICTED else HEADS[c] for c in COLUMNS[List(which)]]


def read(which: str, path: Path) -> list[tuple[int, Line, list[Fault]]]:
    """(row number, line, faults of its cells) of every row that is not empty. Raises Refused for no such Excel."""
    _check_size(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise Refused(_("不是可读取的 Excel 文件（.xlsx）")) from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        order = _order(which, next(rows, ()))
        return list(_lines(order, rows))
    finally:
        book.close()


def template(which: str) -> bytes:
    """An empty sheet to fill in."""
    return _written([heads(which)])


def faults_sheet(which: str, faulty: Iterable[tuple[int, Sequence[Fault]]]) -> bytes:
    """Row by row what is wrong, so that it can be put right in the file."""
    names = dict(zip(COLUMNS[List(which)], heads(which), strict=True))
    lines = ((row, names.get(each.column, each.column), each.problem) for row, found in faulty for each in found)
    return _written([("行号", "列", "问题"), *lines])


def exported(items: QuerySet[Item]) -> bytes:
    """Items as everyone may see them, masked; as bare values, for there may be a hundred thousand."""
    return _written(_rows(items))


_HEAD = ("名单", "对象类型", "对象（脱敏）", "原因", "文书编号", "生效", "到期", "状态", "提出人", "审批人")
_FIELDS = (
    "list", "kind", "value", "person", "paper", "reason", "document", "starts", "expires", "state",
    "proposed_by__name", "approved_by__name",
)  # fmt: skip


def _rows(items: QuerySet[Item]) -> Iterator[Sequence[Any]]:
    lists, kinds, states = ({value: str(label) for value, label in each.choices} for each in (List, Kind, State))
    yield _HEAD
    for which, kind, value, person, paper, reason, document, starts, expires, state, by, approver in items.values_list(
        *_FIELDS
    ).iterator(chunk_size=2000):
        shown = f"{person} {paper}" if kind == Kind.PERSON else value if kind == Kind.PREFIX else mask(kind, value)
        yield (
            lists[which], kinds[kind], shown, reasons()[reason].zh, document, _day(starts), _day(expires),
            states[state], by or "", approver or "",
        )  # fmt: skip


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet()
    sheet.set_column(0, 12, 20)
    sheet.freeze_panes(1, 0)
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, str(value) if not isinstance(value, int) else value)
    book.close()
    return out.getvalue()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except BadZipFile as error:
        raise Refused(_("不是可读取的 Excel 文件（.xlsx）")) from error
    if unpacked > terms().import_unpacked:
        raise Refused(_("文件解开后过大，请拆分后再导入"))


def _order(which: str, head: Sequence[Any]) -> list[str]:
    """The column each cell belongs to, by its heading; unknown ones are passed over."""
    names = dict(zip(heads(which), COLUMNS[List(which)], strict=True))
    found = [names.get(str(cell or "").strip(), "") for cell in head]
    missing = [
        heads(which)[at] for at, name in enumerate(COLUMNS[List(which)]) if name == "value" and name not in found
    ]
    if missing:
        raise Refused(_("缺少列“%(name)s”") % {"name": missing[0]}, hint=_("请下载模板，按其表头填写"))
    return found


def _lines(order: list[str], rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Line, list[Fault]]]:
    taken = 0
    for number, row in enumerate(rows, start=2):
        cells = {name: cell for name, cell in zip(order, row, strict=False) if name and cell not in (None, "")}
        if not cells:
            continue
        taken += 1
        if taken > terms().import_rows:
            raise Refused(_("一次最多导入 %(most)s 行") % {"most": terms().import_rows})
        yield number, *_line(cells)


def _line(cells: dict[str, Any]) -> tuple[Line, list[Fault]]:
    faults: list[Fault] = []
    made: dict[str, Any] = {"value": ""}
    for name, cell in cells.items():
        if name in ("starts", "expires"):
            made[name] = _moment(cell)
            if made[name] is None:
                faults.append(Fault(name, _("日期无法识别，应如 2026-11-22")))
        else:
            made[name] = _coded(name, _text(cell))
    return Line(**made), faults


def _text(cell: Any) -> str:
    """A number that Excel took for a figure is still a number."""
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell).strip()


def _coded(name: str, text: str) -> str:
    """Chinese words of a cell as their code; what is none stays, and is told as wrong."""
    words: dict[str, str] = {}
    for field, choices in (("kind", Kind), ("authority", Authority), ("exemption", Exemption)):
        if field == name:
            words = {str(label): value for value, label in choices.choices}
    if name == "reason":
        words = {each.zh: code for code, each in reasons().items()}
    if name == "preset":
        words = {each.zh: each.id for each in terms().presets} | {
            f"{each.years}年": each.id for each in terms().presets
        }
    return words.get(text, text)


def _moment(cell: Any) -> datetime | None:
    zone = timezone.get_default_timezone()
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=zone)
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M"):
        try:
            return datetime.strptime(_text(cell), pattern).replace(tzinfo=zone)
        except ValueError:
            continue
    return None
