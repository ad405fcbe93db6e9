"""Decides how the list of people looks in Excel: a row an account with its seats, for a review of who may do what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fanzha.desk.excel.exporting import Row, Table, moment, places, yes
from fanzha.desk.organisations.models import Membership
from fanzha.desk.rights.roles import roles

_HEAD = (
    _("姓名"), _("登录名"), _("任职"), _("验证码"), _("新增时间"), _("最近使用"), _("待改口令"), _("状态"),
)  # fmt: skip
_FIELDS = ("id", "name", "username", "totp", "joined", "seen", "password_due", "is_active")


def table() -> Table:
    """In the reader's language. `seen` is an annotation of the list."""
    on, off, bound, unbound = gettext("启用"), gettext("已停用"), gettext("已绑定"), gettext("未绑定")

    def lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
        seats = _seats(row[0] for row in rows)
        for pk, name, username, totp, joined, seen, due, active in rows:
            yield (
                name, username, "; ".join(seats[pk]), bound if totp else unbound, moment(joined), moment(seen),
                yes(due), on if active else off,
            )  # fmt: skip

    return Table(_HEAD, _FIELDS, lines)


def _seats(people: Iterable[int]) -> defaultdict[int, list[str]]:
    """The seats that each of these people holds, in words."""
    found, named = defaultdict[int, list[str]](list), places()
    held = Membership.objects.filter(user__in=list(people), ended=None).order_by("pk")
    for user, role, office, region in held.values_list("user_id", "role", "organisation__name", "region"):
        words = [str(roles().get(role, role)), office, *([named(region)] if region else [])]
        found[user].append(" · ".join(words))
    return found
