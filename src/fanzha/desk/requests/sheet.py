"""Decides how police requests and referrals look in Excel: a row a document, counts in place of its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, labels, moment, places, yes
from fanzha.desk.lists.choices import Authority
from fanzha.desk.requests.choices import Channel, Kind, ReferralState, State, Urgency
from fanzha.desk.requests.listing import lines_of, rates_of

_HEAD = (
    _("记录编号"), _("网络"), _("文书编号"), _("请求"), _("紧急程度"), _("发文机关"), _("机关层级"), _("行数"),
    _("可执行"), _("有误"), _("处置率（%）"), _("提交人"), _("时间"), _("执行完毕"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "id", "network", "document", "kind", "urgency", "issuer", "authority", "rows", "good", "faulty",
    "proposed_by__name", "made_at", "done_at", "due_at", "overdue", "state",
)  # fmt: skip
_AWAY_HEAD = (
    _("记录编号"), _("网络"), _("归属省"), _("文书编号"), _("号码数"), _("渠道"), _("时间"), _("转出时间"), _("回执号"),
    _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_AWAY_FIELDS = (
    "id", "network", "home", "request__document", "channel", "made_at", "sent_at", "receipt", "due_at", "overdue",
    "state",
)  # fmt: skip


def table() -> Table:
    """Requests, in the reader's language."""
    kinds, urgencies, offices, states = labels(Kind), labels(Urgency), labels(Authority), labels(State)

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        rates = rates_of([row[0] for row in rows])
        for pk, network, document, kind, urgency, issuer, authority, every, good, faulty, by, made, *rest in rows:
            done, due, overdue, state = rest
            rate = rates[pk]
            yield (
                pk, network, document, kinds[kind], urgencies[urgency], issuer, offices.get(authority, authority),
                every, good, faulty, "" if rate is None else round(rate, 1), by, moment(made), moment(done),
                moment(due), yes(overdue), states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)


def referrals() -> Table:
    """Referrals, in the reader's language."""
    channels, states, named = labels(Channel), labels(ReferralState), places()

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        counted = lines_of([row[0] for row in rows])
        for pk, network, home, document, channel, made, sent, receipt, due, overdue, state in rows:
            yield (
                pk, network, named(home), document, counted.get(pk, 0), channels[channel], moment(made), moment(sent),
                receipt, moment(due), yes(overdue), states[state],
            )  # fmt: skip

    return Table(_AWAY_HEAD, _AWAY_FIELDS, lines)
