"""Decides how the list of notices looks in Excel: a row a message, without the code that is the subscriber's alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, places
from fanzha.desk.masking.mask import mask
from fanzha.desk.notices.choices import State
from fanzha.desk.notices.models import bare

_HEAD = (
    _("记录编号"), _("网络"), _("用户号码（脱敏）"), _("处置编号"), _("内容"), _("地区"), _("生成时间"),
    _("应告知时间"), _("发送时间"), _("回执"), _("发送次数"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "value", "measure_id", "text", "region", "made_at", "due_at", "sent_at", "receipt", "attempts",
    "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language; the message in its subscriber's."""
    states, named = labels(State), places()

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for pk, network, value, measure, text, region, made, due, sent, receipt, attempts, state in rows:
            yield (
                pk, network, mask("number", value), measure, bare(text), named(region), moment(made), moment(due),
                moment(sent), receipt, attempts, states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
