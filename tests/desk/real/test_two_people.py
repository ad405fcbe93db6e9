from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from fanzha.desk.appeals import actions as appeals
from fanzha.desk.audit.models import Entry
from fanzha.desk.enforcement.models import Change
from fanzha.desk.login.known import remember
from fanzha.desk.measures.actions import Wish, approve, lift, propose
from fanzha.desk.notices.models import Notice
from fanzha.errors import Refused


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each came to, begun at the same instant: its answer, or in which words it was refused."""
    start, told = threading.Barrier(len(acts)), []

    def go(act: Callable[[], Any]) -> None:
        start.wait()
        try:
            told.append(act())
        except Refused as refused:
            told.append(refused.message)
        except Exception as error:
            told.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def _grave(make_alert: Any, name: str = "a1", **more: Any) -> Any:
    alert = make_alert(name, score=95.0, band="stop", **more)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    return alert


def test_two_approve_at_the_same_instant_and_it_applies_once(people: Any, make_alert: Any) -> None:
    measure = propose(people["analyst"], Wish("suspend", note="x"), alert=_grave(make_alert))
    told = _at_once(*(lambda name=name: approve(people[name], measure.pk).state for name in ("leader", "leader2")))
    assert sorted(told)[0] == "active"
    assert "状态已变化" in sorted(told)[1]
    assert (Change.objects.count(), Notice.objects.count()) == (1, 1)
    assert Entry.objects.filter(action="measures.approve").count() == 1


def test_an_appeal_that_passes_while_another_lifts_neither_waits_for_the_other_for_ever(
    people: Any, make_alert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends one of two acts that wait for each other; each takes the measure before the trail."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    for at in range(4):
        alert = _grave(make_alert, f"a{at}", value=f"+861390711000{at}", region="420100")
        measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
        appeal = appeals.file(measure, "我是快递员")
        told = _at_once(
            lambda pk=appeal.pk: appeals.uphold(people["leader"], pk, "已核实").state,  # type: ignore[misc]
            lambda pk=measure.pk: lift(people["leader2"], pk, "核实有误").state,  # type: ignore[misc]
        )
        assert "upheld" in told
        assert len([each for each in told if each == "lifted" or "状态已变化" in str(each)]) == 1
        assert Change.objects.filter(entry=measure.entry, body__isnull=True).count() == 1


@pytest.mark.parametrize("known", [False, True])
def test_many_guesses_at_the_same_instant_are_no_more_than_one_after_another(people: Any, known: bool) -> None:
    """From browsers that were never in, and from twelve copies of one that was."""
    address, answer = reverse("login:password"), HttpResponse()
    if known:
        remember(answer, "name", "analyst", address)

    def guess() -> int:
        client = Client()
        client.cookies = answer.cookies
        return client.post(address, {"username": "analyst", "password": "wrong"}).status_code

    assert _at_once(*[guess] * 12) == [422] * 12
    assert Entry.objects.filter(action="login.wrong_password").count() == 5


def test_nor_are_guesses_of_a_code(people: Any) -> None:
    def guess() -> Any:
        return appeals.open_by_code("13907110002", "AAAAAAAA", "203.0.113.9")

    told = _at_once(*[guess] * 12)
    assert len([each for each in told if "锁定" in each]) == 7
    assert Entry.objects.filter(action="appeals.wrong_code").count() == 5
