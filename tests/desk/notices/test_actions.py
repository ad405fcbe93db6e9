from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from fanzha.desk.measures.actions import Wish, lift, propose
from fanzha.desk.notices.actions import send_pending
from fanzha.desk.notices.channel import MemoryChannel
from fanzha.desk.notices.codes import code_of
from fanzha.desk.notices.models import Notice
from fanzha.desk.notices.words import words
from fanzha.errors import Refused


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


@pytest.mark.parametrize("taken", [True, False])
def test_a_measure_that_ends_while_its_message_goes_out(people: Any, make_alert: Any, taken: bool) -> None:
    """Who was told of it is told that it ended; the others of the same round are told as if nothing had been."""
    first, second = (
        propose(people["analyst"], Wish("verify"), alert=make_alert(f"a{at}", value=f"+861390711000{at}"))
        for at in (2, 3)
    )

    class Slow(MemoryChannel):
        def send(self, message: Any) -> str:
            if message.to == first.value and not self.sent:
                for measure in (first, second):
                    lift(people["leader"], measure.pk, "已核验")
                if not taken:
                    raise OSError("down")
            return super().send(message)

    channel = Slow()
    assert send_pending(channel, timezone.now()) == taken
    assert [each.to for each in channel.sent.values()] == [first.value] * taken
    assert [(each.value, each.kind) for each in Notice.objects.all()] == [(first.value, "lifted")] * taken


def test_each_subscriber_is_told_in_their_language(people: Any, make_alert: Any) -> None:
    """Chosen on the appeal page or by the operator; before that by the country of the number."""
    from fanzha.desk.notices.actions import notices_of
    from fanzha.desk.notices.languages import choose, usual

    measure = propose(people["analyst"], Wish("verify"), alert=make_alert())
    assert Notice.objects.get().language == "zh-hans"
    assert (usual("+85291234567"), usual("irregular:x")) == ("en", "zh-hans")
    choose(None, measure.subject, "en", timezone.now())
    with pytest.raises(Refused):
        choose(None, measure.subject, "fr", timezone.now())
    for name in ("measure", "wrong", "lifted"):
        (notice,) = notices_of([measure], name, timezone.now())
        assert notice.language == "en"
        assert "many calls to people never called before" in notice.reason
        assert not re.search("[\u4e00-\u9fff]", notice.text), notice.text
    with translation.override("en"):
        choose(None, measure.subject, "zh-hans", timezone.now())
        assert " 天" in notices_of([measure], "wrong", timezone.now())[0].text  # whoever wrote it read English


def test_a_thousand_notices_ask_for_languages_twice(
    people: Any, make_alert: Any, django_assert_num_queries: Any
) -> None:
    from fanzha.desk.notices.languages import languages_of

    measure = propose(people["analyst"], Wish("verify"), alert=make_alert())
    with django_assert_num_queries(2):
        assert languages_of([measure] * 1000) == {("hb", measure.value): "zh-hans"}


def test_what_failed_or_was_held_is_sent_by_people(people: Any, make_alert: Any, signed_in: Any) -> None:
    """A secret investigation ends: then the subscriber is told after all (law art. 32)."""
    propose(people["analyst"], Wish("verify"), alert=make_alert(region="420100"))
    address = reverse("notices:again", args=[Notice.objects.get().pk])
    wanted = {"failed": {"analyst": 302, "leader": 302, "regulator": 403, "clerk": 404, "stranger": 404, "admin": 403},
              "held": {"analyst": 403, "leader": 302, "duty": 403}, "sent": {"leader": 422}}  # fmt: skip
    for state, statuses in wanted.items():
        for role, status in statuses.items():
            Notice.objects.update(state=state, attempts=8)
            assert signed_in(role).post(address).status_code == status, (state, role)
            now = Notice.objects.get()
            assert (now.state, now.attempts) == (("pending", 0) if status == 302 else (state, 8))
    Notice.objects.update(state="failed")
    for role, status in {"leader": 200, "regulator": 200, "clerk": 200, "bank": 403, "admin": 403}.items():
        answer = signed_in(role).get(reverse("notices:list") + "?state=failed")
        assert answer.status_code == status, role
        assert b"13907110002" not in answer.content
        assert ("重新发送" in answer.content.decode()) == (role == "leader")
    assert Client().get(reverse("notices:list")).status_code == 302


def test_a_mere_warning_takes_nothing_away_and_says_so(people: Any, make_alert: Any) -> None:
    """Domain 2.3: the rung 提醒 is the message itself; nobody is sent to a shop to restore what was never cut."""
    from fanzha.desk.notices.actions import notices_of
    from fanzha.desk.notices.languages import choose

    measure = propose(people["analyst"], Wish("message"), alert=make_alert())
    for language, said, unsaid in (
        ("zh-hans", "不影响您的任何业务", "立即恢复"),
        ("en", "your service goes on", "restored"),
    ):
        choose(None, measure.subject, language, timezone.now())
        text = notices_of([measure], "measure", timezone.now())[0].text
        assert (said in text, "96110" in text, unsaid in text) == (True, True, False)


def test_the_subscriber_chooses_on_the_appeal_page(people: Any, make_alert: Any) -> None:
    measure = propose(people["analyst"], Wish("verify"), alert=make_alert())
    client = Client(headers={"accept-language": "en"})
    client.post(reverse("appeals:door"), {"number": measure.value, "code": code_of(measure)})
    assert client.post(reverse("appeals:mine"), {"language": "en"}).status_code == 302
    lift(people["leader"], measure.pk, "已核验")
    assert client.post(reverse("appeals:mine"), {"language": "xx"}).status_code == 422
    measure = propose(people["analyst"], Wish("verify"), alert=make_alert())
    assert "Your number" in measure.notices.get().text
