"""Decides how numbers of another province get there: by one of two channels, with a receipt, and back if refused."""

from __future__ import annotations

from itertools import chain

from django.db import transaction
from django.utils.translation import gettext as _

from fanzha.desk.excel.keeping import put_out
from fanzha.desk.excel.writing import Sheet
from fanzha.desk.organisations.models import User
from fanzha.desk.requests.choices import Channel
from fanzha.desk.requests.models import Referral
from fanzha.desk.workflow.actions import move
from fanzha.errors import Refused


def send(by: User, pk: int, channel: str) -> Referral:
    """Hand the numbers, in full, to the exchange; people see them masked. Raises PermissionDenied, Refused."""
    if channel not in Channel.values:
        raise Refused(_("请选择渠道"))
    with transaction.atomic():
        made = move(Referral(pk=pk), "send", by, data={"channel": channel})
        made.channel, made.sent_at = channel, made.moved_at
        made.save(update_fields=["channel", "sent_at"])
        put_out(f"referral-{made.pk}-{made.home}.xlsx", _sheet(made))
    return made


def answered(by: User, pk: int, receipt: str, told: str) -> Referral:
    """What the other side did, with its receipt's number."""
    if not receipt.strip():
        raise Refused(_("请填写回执号"))
    with transaction.atomic():
        made = move(Referral(pk=pk), "answer", by, reason=told, data={"receipt": receipt.strip()[:80]})
        made.receipt = receipt.strip()[:80]
        made.save(update_fields=["receipt"])
        made.lines.update(told=told.strip()[:200])
    return made


def refused(by: User, pk: int, reason: str) -> Referral:
    """The other side does not take it."""
    return move(Referral(pk=pk), "refuse", by, reason=reason)


def again(by: User, pk: int) -> Referral:
    """Open again, for the other channel."""
    with transaction.atomic():
        made = move(Referral(pk=pk), "again", by)
        made.channel = next(each for each in Channel.values if each != made.channel)
        made.save(update_fields=["channel"])
    return made


def _sheet(made: Referral) -> Sheet:
    request = made.request
    head = ("号码", "文书编号", "发文机关", "案件编号", "请求")
    about = (request.document, request.issuer, request.case, request.get_kind_display())
    values = made.lines.order_by("row").values_list("value", flat=True)
    return Sheet(chain([head], ((value, *about) for value in values.iterator(chunk_size=2000))))
