"""Decides how the audit trail looks in Excel: a row an act, as its page tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fanzha.desk.audit.words import sayings
from fanzha.desk.excel.exporting import Row, Table, places

_HEAD = (
    _("序号"), _("时间"), _("操作人"), _("动作"), _("动作代码"), _("对象类型"), _("对象"), _("网络"), _("地区"),
    _("理由"), _("内容"), _("批次"), _("校验值"),
)  # fmt: skip
_FIELDS = (
    "number", "at", "actor_name", "action", "kind", "subject", "network", "region", "reason", "data", "batch", "seal",
)  # fmt: skip


def table() -> Table:
    """In the reader's language; times to the second, for acts follow each other quickly."""
    said, named = sayings(), places()

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        for number, at, who, action, kind, subject, network, region, reason, data, batch, seal in rows:
            content = " ".join(f"{name}={value}" for name, value in data.items())
            told = timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")
            yield (
                number, told, who, said(action), action, kind, subject, network, named(region), reason, content, batch,
                seal,
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)
