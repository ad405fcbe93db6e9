"""Decides that every measure is told to whom it hits: written with the act itself, sent by a job until it is taken."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from fanzha.desk.audit.actions import record
from fanzha.desk.measures.ladder import ladder
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.channel import Message, MessageChannel, channel
from fanzha.desk.notices.choices import State
from fanzha.desk.notices.codes import address, code_of
from fanzha.desk.notices.languages import languages_of
from fanzha.desk.notices.models import Notice
from fanzha.desk.notices.words import half, kind, words
from fanzha.desk.notices.workflow import NOTICE
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.actions import act_of, enter, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import FanzhaError, Refused

_LOG = logging.getLogger("fanzha.notices")
_BATCH = 200
SENDS = {State.FAILED: "again", State.HELD: "release"}  # how people let it out
_MOVED = ("state", "moved_at", "moved_by", "due_at", "overdue")


def notices_of(measures: Sequence[Measure], name: str, at: datetime) -> list[Notice]:
    """Unsaved notices about measures, each in its subscriber's language (one query for many)."""
    chosen = languages_of(measures)
    return [_notice(each, name, at, chosen[each.network, each.value]) for each in measures]


def notice_of(measure: Measure, name: str, at: datetime, *, until: datetime | None = None, why: str = "") -> Notice:
    """An unsaved notice about a measure. until, why: in place of the measure's own end and reason."""
    language = languages_of([measure])[measure.network, measure.value]
    return _notice(measure, name, at, language, until=until, why=why)


def _notice(
    measure: Measure, name: str, at: datetime, language: str, *, until: datetime | None = None, why: str = ""
) -> Notice:
    with override(language):
        rule = _("%(days)s 天") % {"days": ladder().suppression_days}
    reason = why or half(measure.told, language)
    remedy, documents = half(words().remedy, language), half(words().documents, language)
    filled = {
        "number": measure.subject.masked,
        "reason": reason,
        "step": half(measure.step, language),
        "rule": rule,
        "from": _local(measure.in_force_at or at),
        "until": _local(until or measure.expires or at),
        "remedy": remedy,
        "documents": documents,
        "code": "{code}",
        "address": "{address}",
    }
    held = measure.secret and name == "measure"
    words_of = "warning" if name == "measure" and measure.step.notice == "self" else name
    return Notice(
        network=measure.network, region=measure.region, measure=measure, kind=name, value=measure.value,
        language=language, text=kind(words_of).told(language, filled), reason=reason[:200], remedy=remedy,
        documents=documents, state=State.HELD if held else State.PENDING, made_at=at, next_at=at, moved_at=at,
        due_at=None if held else due("notice", at),
    )  # fmt: skip


def write(notices: Sequence[Notice]) -> None:
    """Keep notices in the caller's transaction; those on a device have nobody to be told."""
    Notice.objects.bulk_create([each for each in notices if each.measure.kind == "number"], batch_size=500)


def send(now: datetime) -> int:
    """For a timer: `send_pending` over this installation's channel."""
    return send_pending(channel(Path(settings.HOME)), now)


def send_pending(over: MessageChannel, now: datetime) -> int:
    """Send what waits, oldest first; how many were taken. One that fails is tried again later, then left to people."""
    waiting = Notice.objects.filter(state=State.PENDING, next_at__lte=now).order_by("next_at").select_related("measure")
    return sum(_send(over, notice, now) for notice in waiting[:_BATCH])


def send_again(by: User, pk: int) -> Notice:
    """One that failed too often, or was held back while an investigation was secret, goes out now.

    Raises PermissionDenied, Refused.
    """
    with transaction.atomic():
        notice: Notice = Notice.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        name = SENDS.get(State(notice.state))
        if name is None:
            raise Refused(_("该告知无需重发"), where=notice.state_label)
        sent = move(notice, name, by, data={"kind": notice.kind})
        sent.attempts, sent.next_at = 0, sent.moved_at
        if name == "again":
            sent.due_at, sent.overdue = notice.due_at, notice.overdue  # the subscriber waits since the act
        sent.save(update_fields=["attempts", "next_at", "due_at", "overdue"])
    return sent


def _send(over: MessageChannel, notice: Notice, now: datetime) -> bool:
    if not _waits(notice):  # others were sent before it, and its measure has ended meanwhile
        return False
    text = notice.text.replace("{code}", code_of(notice.measure)).replace("{address}", address())
    try:
        receipt = over.send(Message(f"notice-{notice.pk}", notice.value, text, notice.language))
    except (OSError, FanzhaError) as error:
        _failed(notice, error, now)
        return False
    with transaction.atomic():
        late = notice.due_at is not None and now > notice.due_at
        told = {"kind": notice.kind, "receipt": receipt[:120], "late": late}
        enter(notice, NOTICE.by_name["sent"], now, None)
        notice.sent_at, notice.receipt = now, receipt[:120]
        if Notice.objects.select_for_update(no_key=True).filter(pk=notice.pk).first() is None:
            _tell_the_end(notice.measure_id, now)
        else:
            notice.save(update_fields=[*_MOVED, "sent_at", "receipt"])
        record(None, [act_of(notice, "notices.sent", "", told)], at=now)
    return True


def _waits(notice: Notice) -> bool:
    return Notice.objects.filter(pk=notice.pk, state=State.PENDING).exists()


def _tell_the_end(pk: int, at: datetime) -> None:
    """A measure ended while it was being told, which took the notice away: who heard of it hears that it ended."""
    measure = Measure.objects.get(pk=pk)
    if not measure.notices.filter(kind="wrong").exists():
        write([notice_of(measure, "lifted", at)])


def _failed(notice: Notice, error: Exception, now: datetime) -> None:
    if not _waits(notice):
        return
    notice.attempts += 1
    notice.next_at = now + timedelta(minutes=min(2**notice.attempts, 60))
    if notice.attempts >= words().attempts:
        until, late = notice.due_at, notice.overdue
        enter(notice, NOTICE.by_name["fail"], now, None)
        notice.due_at, notice.overdue = until, late  # failing wins no time
    notice.save(update_fields=["attempts", "next_at", *_MOVED])
    _LOG.warning("notice %s was not taken (告知未送出): %s", notice.pk, type(error).__name__)


def _local(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
