"""Decides how the list of complaints looks in Excel: a row a complaint, who complained only by their mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.complaints.choices import Kind, State, Way
from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.masking.mask import mask

_HEAD = (
    _("记录编号"), _("网络"), _("被举报号码（脱敏）"), _("类型"), _("来源"), _("举报人（脱敏）"), _("举报次数"),
    _("首次"), _("最近"), _("地区"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "value", "kind", "way", "shown", "times", "made_at", "last_at", "region", "due_at", "overdue",
    "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    kinds, ways, states, named = labels(Kind), labels(Way), labels(State), places()

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, network, value, kind, way, shown, times, made, last, region, due, overdue, state in rows:
            yield (
                pk, network, mask("number", value), kinds[kind], ways[way], shown, times, moment(made), moment(last),
                named(region), moment(due), yes(overdue), states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
