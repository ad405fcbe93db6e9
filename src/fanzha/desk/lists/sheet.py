"""Decides how lists look in Excel: the columns of each list in Chinese, read within limits, written row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.excel.reading import Limits, rows_of, text
from fanzha.desk.excel.writing import Sheet
from fanzha.desk.lists.choices import Authority, Exemption, Kind, List, State
from fanzha.desk.lists.judging import Fault, Line
from fanzha.desk.lists.models import shown
from fanzha.desk.lists.terms import terms
from fanzha.desk.masking.mask import mask
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
    names = dict(zip(heads(which), COLUMNS[List(which)], strict=True))
    required = next(head for head, name in names.items() if name == "value")
    limits = Limits(terms().import_unpacked, terms().import_rows)
    codes = _codes(get_language())
    return [(row, *_line(cells, codes)) for row, cells in rows_of(path, limits, names, required)]


def template(which: str) -> Sheet:
    """An empty sheet to fill in."""
    return Sheet([heads(which)])


def faults_sheet(which: str, faulty: Iterable[tuple[int, Sequence[Fault]]]) -> Sheet:
    """Row by row what is wrong, so that it can be put right in the file."""
    names = dict(zip(COLUMNS[List(which)], heads(which), strict=True))
    lines = ((row, names.get(each.column, each.column), each.problem) for row, found in faulty for each in found)
    return Sheet(chain([("行号", "列", "问题")], lines))


def table() -> Table:
    """Items as everyone may see them, masked, in the reader's language."""
    lists, kinds, states, named = labels(List), labels(Kind), labels(State), places()
    offices, exemptions = labels(Authority), labels(Exemption)
    why = {code: each.en if get_language() == "en" else each.zh for code, each in reasons().items()}

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for which, network, kind, value, person, paper, reason, note, document, authority, kept, trunk, *rest in rows:
            exemption, region, starts, expires, by, approver, due, overdue, state = rest
            yield (
                lists[which], network, kinds[kind], shown(kind, value, person, paper), why.get(reason, reason), note,
                document, offices.get(authority, ""), mask("number", kept) if kept else "", trunk,
                exemptions.get(exemption, ""), named(region), _day(starts), _day(expires), by, approver, moment(due),
                yes(overdue), states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)


_HEAD = (
    gettext_lazy("名单"), gettext_lazy("网络"), gettext_lazy("对象类型"), gettext_lazy("对象（脱敏）"),
    gettext_lazy("原因"), gettext_lazy("说明"), gettext_lazy("文书编号"), gettext_lazy("认定机关层级"),
    gettext_lazy("保留号码"), gettext_lazy("中继"), gettext_lazy("豁免"), gettext_lazy("地区"), gettext_lazy("生效"),
    gettext_lazy("到期"), gettext_lazy("提出人"), gettext_lazy("审批人"), gettext_lazy("时限"), gettext_lazy("超时"),
    gettext_lazy("状态"),
)  # fmt: skip
_FIELDS = (
    "list", "network", "kind", "value", "person", "paper", "reason", "why", "document", "authority", "kept", "trunk",
    "exemption", "region", "starts", "expires", "proposed_by__name", "approved_by__name", "due_at", "overdue", "state",
)  # fmt: skip


@lru_cache(maxsize=5000)
def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")


def _line(cells: dict[str, Any], codes: dict[str, dict[str, str]]) -> tuple[Line, list[Fault]]:
    faults: list[Fault] = []
    made: dict[str, Any] = {"value": ""}
    for name, cell in cells.items():
        if name in ("starts", "expires"):
            made[name] = _moment(cell)
            if made[name] is None:
                faults.append(Fault(name, _("日期无法识别，应如 2026-11-22")))
        else:
            said = text(cell)  # Chinese words as their code; what is none stays, and is told as wrong
            made[name] = codes[name].get(said, said) if name in codes else said
    return Line(**made), faults


@cache
def _codes(_language: str | None) -> dict[str, dict[str, str]]:
    """By column, the words of the reader's language for their codes."""
    chosen = {"kind": Kind, "authority": Authority, "exemption": Exemption}
    found = {name: {str(label): value for value, label in each.choices} for name, each in chosen.items()}
    found["reason"] = {each.zh: code for code, each in reasons().items()}
    years = {f"{each.years}年": each.id for each in terms().presets}
    found["preset"] = {each.zh: each.id for each in terms().presets} | years
    return found


def _moment(cell: Any) -> datetime | None:
    zone = timezone.get_default_timezone()
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=zone)
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M"):
        try:
            return datetime.strptime(text(cell), pattern).replace(tzinfo=zone)
        except ValueError:
            continue
    return None
