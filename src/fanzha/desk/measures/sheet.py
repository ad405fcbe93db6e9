"""Decides how the list of measures looks in Excel: a row a measure, with the calls that it decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.masking.mask import mask
from fanzha.desk.measures.choices import COMING, Kind, Label, State
from fanzha.desk.measures.ladder import rungs
from fanzha.desk.measures.ledger import calls_of
from fanzha.desk.measures.reasons import reasons

_HEAD = (
    _("记录编号"), _("网络"), _("措施"), _("对象类型"), _("对象（脱敏）"), _("告知原因"), _("规则版本"), _("文书编号"),
    _("地区"), _("提出人"), _("提出时间"), _("审批人"), _("生效时间"), _("到期"), _("结束时间"), _("命中呼叫"),
    _("时限"), _("超时"), _("状态"), _("评价"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "rung", "kind", "value", "plain", "rule", "document", "region", "proposed_by__name", "proposed_at",
    "approved_by__name", "in_force_at", "expires", "ended_at", "due_at", "overdue", "state", "label",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    kinds, named, now = labels(Kind), places(), timezone.now()
    steps = {name: str(rung) for name, rung in rungs().items()}
    why = {name: str(reason) for name, reason in reasons().items()}
    states, judged, coming = labels(State), labels(Label), str(COMING)

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        calls = calls_of([row[0] for row in rows])
        for pk, network, rung, kind, value, plain, rule, document, region, by, at, approver, *rest in rows:
            force, expires, ended, due, overdue, state, label = rest
            waits = state == State.ACTIVE and force and force > now
            yield (
                pk, network, steps.get(rung, rung), kinds[kind], mask(kind, value), why.get(plain, plain), rule,
                document, named(region), by, moment(at), approver, moment(force), moment(expires), moment(ended),
                calls.get(pk, 0), moment(due), yes(overdue), coming if waits else states[state],
                judged.get(label, ""),
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
