"""Decides how the morning lists look in Excel: a row a day, with how many numbers were answered how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, yes
from fanzha.desk.pushes.choices import State
from fanzha.desk.pushes.models import receipt_of

_HEAD = (
    _("日期"), _("网络"), _("推送编号"), _("号码数"), _("已反馈"), _("涉诈属实"), _("推送时间"), _("签收人"),
    _("签收时间"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "id", "day", "network", "number", "told", "right", "made_at", "signed_by__name", "signed_at", "due_at", "overdue",
    "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    states = labels(State)

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, day, network, number, told, right, made, by, signed, due, overdue, state in rows:
            yield (
                str(day), network, receipt_of(day, pk), number, told, right, moment(made), by, moment(signed),
                moment(due), yes(overdue), states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
