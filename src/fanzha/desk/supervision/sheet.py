"""Decides how missed deadlines look in Excel: a row a deadline, how far up it has gone and whose it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, moment, places
from fanzha.desk.supervision.kinds import supervised
from fanzha.desk.supervision.terms import terms

_HEAD = (
    _("事项"), _("记录编号"), _("网络"), _("地区"), _("时限"), _("上报时间"), _("已上报至"), _("升级时间"),
    _("分派机构"), _("分派人员"),
)  # fmt: skip
_FIELDS = (
    "kind", "row", "network", "region", "due_at", "opened_at", "step", "raised_at", "assigned_organisation__name",
    "assigned_user__name",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    named, steps = places(), [str(step) for step in terms().steps]
    names = {kind: str(model._meta.verbose_name) for kind, model in supervised().items()}

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for kind, row, network, region, due, opened, step, raised, office, whose in rows:
            yield (
                names.get(kind, kind), row, network, named(region), moment(due), moment(opened), steps[step - 1],
                moment(raised), office, whose,
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
