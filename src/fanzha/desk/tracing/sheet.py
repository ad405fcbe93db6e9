"""Decides how the list of tracing reports looks in Excel: a row a report, without what it found (its own file)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.masking.mask import mask
from fanzha.desk.tracing.choices import State

_HEAD = (
    _("编号"), _("网络"), _("号码（脱敏）"), _("地区"), _("单位"), _("案件编号"), _("编制人"), _("编制时间"),
    _("审核人"), _("审核时间"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "serial", "network", "value", "region", "office", "case", "prepared_by__name", "prepared_at", "reviewed_by__name",
    "reviewed_at", "due_at", "overdue", "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    states, named = labels(State), places()

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for serial, network, value, region, office, case, by, at, second, signed, due, overdue, state in rows:
            yield (
                serial, network, mask("number", value), named(region), office, case, by, moment(at), second,
                moment(signed), moment(due), yes(overdue), states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
