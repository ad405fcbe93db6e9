"""Decides how the list of rollbacks looks in Excel: a row an undoing, with how many measures it met and ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, yes
from fanzha.desk.rollback.choices import State

_HEAD = (
    _("记录编号"), _("网络"), _("规则版本"), _("自"), _("至"), _("理由"), _("提出人"), _("提出时间"), _("办理人"),
    _("办理时间"), _("涉及处置"), _("已回滚"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "rule", "version", "since", "until", "why", "proposed_by__name", "proposed_at", "moved_by__name",
    "moved_at", "found", "undone", "due_at", "overdue", "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    states = labels(State)

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, network, rule, version, since, until, why, by, at, mover, moved, found, undone, *rest in rows:
            due, overdue, state = rest
            decided = state != State.PROPOSED
            yield (
                pk, network, f"{rule}@{version}", moment(since), moment(until), why, by, moment(at),
                mover if decided else "", moment(moved) if decided else "", found, undone, moment(due), yes(overdue),
                states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
