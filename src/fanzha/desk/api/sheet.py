"""Decides how the list of keys looks in Excel: a row a key, what it opens and until when; its secret is nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fanzha.desk.api.choices import KeyState, Scope
from fanzha.desk.excel.exporting import Row, Table, labels, moment, yes

_HEAD = (
    _("名称"), _("责任人"), _("机构"), _("用途"), _("范围"), _("申请时间"), _("批准人"), _("到期"), _("最近使用"),
    _("吊销时间"), _("时限"), _("超时"), _("状态"),
)  # fmt: skip
_FIELDS = (
    "name", "owner__name", "organisation__name", "why", "scopes", "made_at", "approved_by__name", "expires", "used_at",
    "revoked_at", "due_at", "overdue", "state",
)  # fmt: skip


def table() -> Table:
    """In the reader's language."""
    states, scopes, ended, now = labels(KeyState), labels(Scope), gettext("已到期"), timezone.now()

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for name, owner, office, why, opens, made, approver, expires, used, revoked, due, overdue, state in rows:
            over = state == KeyState.ACTIVE and expires <= now
            yield (
                name, owner, office, why, "; ".join(scopes.get(each, each) for each in opens), moment(made), approver,
                moment(expires), moment(used), moment(revoked), moment(due), yes(overdue),
                ended if over else states[state],
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
