"""Decides how the list of alerts looks in Excel: a row an alert, without its evidence, which is read on its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.choices import Kind, Reason, State
from fanzha.desk.alerts.models import Alert, told
from fanzha.desk.alerts.words import words
from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.masking.mask import mask

_HEAD = (
    _("记录编号"), _("网络"), _("对象类型"), _("对象（脱敏）"), _("手法"), _("理由"), _("规则"), _("分值"), _("级别"),
    _("建议处置"), _("地区"), _("首次"), _("最近"), _("接收时间"), _("时限"), _("超时"), _("状态"), _("研判依据"),
    _("分派人员"), )  # fmt: skip
_FIELDS = (
    "id", "network", "kind", "value", "scheme", "rule", "score", "band", "measure", "region", "first_seen", "last_seen",
    "taken_at", "due_at", "overdue", "state", "verdict_reason", "assigned_user__name",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    kinds, states, reasons, named, known = labels(Kind), labels(State), labels(Reason), places(), words()
    scheme_of, grade_of, step_of = cache(known.scheme), cache(lambda name: str(known.band(name))), cache(known.measure)
    why = cache(_why)

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, network, kind, value, scheme, rule, score, band, measure, region, *rest in rows:
            first, last, taken, due, overdue, state, reason, whose = rest
            yield (
                pk, network, kinds[kind], mask(kind, value), scheme_of(scheme), why(rule), rule, round(score, 1),
                grade_of(band), step_of(measure), named(region), moment(first), moment(last), moment(taken),
                moment(due), yes(overdue), states[state], reasons.get(reason, ""), whose,
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)


def _why(rule: str) -> str:
    """The title of a rule's version, as any alert that it raised tells it: read once, not with every row's body."""
    found = Alert.objects.filter(rule=rule).values_list("body__rules__0__title", flat=True)[:1] if rule else ()
    return next((told(title) for title in found if title), "")
