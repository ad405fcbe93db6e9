"""Decides how the list of appeals looks in Excel: a row an appeal, without its proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.appeals.choices import State
from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.masking.mask import mask, mask_text
from fanzha.desk.measures.ladder import rungs

_HEAD = (
    _("记录编号"), _("网络"), _("号码（脱敏）"), _("措施"), _("紧急"), _("申诉说明"), _("地区"), _("提交时间"),
    _("受理时间"), _("答复时间"), _("答复"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "measure__kind", "measure__value", "measure__rung", "urgent", "statement", "region", "filed_at",
    "acknowledged_at", "decided_at", "answer", "due_at", "overdue", "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    states, named, steps = labels(State), places(), {name: str(rung) for name, rung in rungs().items()}

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, network, kind, value, rung, urgent, statement, region, filed, heard, decided, answer, *rest in rows:
            due, overdue, state = rest
            yield (
                pk, network, mask(kind, value), steps.get(rung, rung), yes(urgent), mask_text(statement), named(region),
                moment(filed), moment(heard), moment(decided), answer, moment(due), yes(overdue), states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
