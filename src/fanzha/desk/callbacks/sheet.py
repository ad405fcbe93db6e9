"""Decides how the list of call-backs looks in Excel: a row a victim, when they were reached and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fanzha.desk.callbacks.choices import Outcome, Paid, State
from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.masking.mask import mask

_HEAD = (
    _("记录编号"), _("网络"), _("用户号码（脱敏）"), _("经过"), _("地区"), _("阻断时间"), _("首次联系时限"),
    _("签收人"), _("签收时间"), _("联系本人时间"), _("升级"), _("已升级至"), _("时限"), _("超时"), _("状态"), _("结果"),
    _("是否已转账"), _("办结时间"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "value", "zh", "en", "region", "made_at", "deadline", "signed_by__name", "signed_at",
    "reached_at", "raised", "assigned_organisation__name", "due_at", "overdue", "state", "outcome", "paid",
    "closed_at",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    states, outcomes, paids, named = labels(State), labels(Outcome), labels(Paid), places()
    english = get_language() == "en"

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, network, value, zh, en, region, made, deadline, by, signed, reached, raised, to, *rest in rows:
            due, overdue, state, outcome, paid, closed = rest
            yield (
                pk, network, mask("number", value), en if english else zh, named(region), moment(made),
                moment(deadline), by, moment(signed), moment(reached), raised, to, moment(due), yes(overdue),
                states[state], outcomes.get(outcome, "") if outcome else "", paids.get(paid, "") if paid else "",
                moment(closed),
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
