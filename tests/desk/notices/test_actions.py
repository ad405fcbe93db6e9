from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from fanzha.desk.measures.actions import Wish, lift, propose
from fanzha.desk.notices.actions import send_pending
from fanzha.desk.notices.channel import MemoryChannel
from fanzha.desk.notices.codes import code_of
from fanzha.desk.notices.models import Notice
from fanzha.desk.notices.words import words


def test_the_message_tells_reason_remedy_documents_and_a_way_to_object(people: Any, make_alert: Any) -> None:
    """Law art. 32; the number is masked even in its own message, the code is in no table."""
    measure = propose(people["analyst"], Wish("verify"), alert=make_alert())
    channel = MemoryChannel()
    assert send_pending(channel, timezone.now()) == 1
    (message,) = channel.sent.values()
    assert message.to == measure.value
    for told in ("短时间内大量呼叫", "实人认证", "所需材料", "110", code_of(measure), "/appeal/"):
        assert told in message.text
    notice = Notice.objects.get()
    assert (notice.state, code_of(measure) in notice.text, measure.value in notice.text) == ("sent", False, False)
    assert send_pending(channel, timezone.now()) == 0


def test_what_fails_is_tried_again_later_and_then_left_to_people(people: Any, make_alert: Any) -> None:
    propose(people["analyst"], Wish("verify"), alert=make_alert())
    channel, now = MemoryChannel(), timezone.now()
    channel.failing = OSError("down")
    for _ in range(words().attempts):
        assert send_pending(channel, now) == 0
        assert send_pending(channel, now) == 0  # not at once
        now += timedelta(hours=2)
    assert Notice.objects.get().state == "failed"


def test_who_was_not_told_yet_is_not_told_of_the_end(people: Any, make_alert: Any) -> None:
    measure = propose(people["analyst"], Wish("verify"), alert=make_alert())
    lift(people["leader"], measure.pk, "已核验")
    assert not Notice.objects.exists()
