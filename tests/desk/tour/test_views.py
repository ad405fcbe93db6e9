"""The tour is nowhere but in the demonstration, and there it follows what the rows say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from fanzha.desk.appeals import actions as appeals
from fanzha.desk.measures.actions import Wish, approve, propose
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User
from fanzha.desk.tour import actions, telephone
from fanzha.desk.tour.progress import Facts, Progress, facts_of
from fanzha.desk.tour.steps import STEPS, current
from fanzha.desk.tour.urls import urlpatterns
from fanzha.errors import Refused


@pytest.fixture
def demo(people: dict[str, Any], make_alert: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The demonstration's people, and an alert in the analyst's city that carries a suspension."""
    monkeypatch.setattr(settings, "DEMO", True)
    User.objects.update(demo=True)
    alert = make_alert(score=95.0, band="stop", region="420100", measure="stop")
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    return alert


def test_nothing_of_it_is_there_outside_the_demonstration(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("leader")
    for each in urlpatterns:
        address = reverse(f"tour:{each.name}")
        for answer in (client.get(address), client.post(address), Client().post(address)):
            assert answer.status_code in (302, 404, 405), address
            assert answer.status_code != 302 or answer["Location"].startswith("/login/"), address
    page = client.get(reverse("alerts:list")).content.decode()
    assert 'id="tour"' not in page
    assert "tour.js" not in page


def test_the_steps_follow_what_was_done(people: dict[str, Any], demo: Any) -> None:
    assert actions.candidate() == demo
    actions.begin(demo)
    assert User.objects.get(username="subscriber").number == demo.value
    progress, seen = Progress(demo.pk), []

    def now() -> str:
        found = current(facts_of(progress), progress)
        seen.append(found[1].id if found else "end")
        return seen[-1]

    assert now() == "read"
    progress = progress.marked("read")
    assert now() == "propose"
    assert facts_of(progress).proposer == "analyst"
    measure = propose(people["analyst"], Wish("suspend", note="x", immediate=True), alert=demo)
    assert now() == "approve"
    approve(people["leader"], measure.pk)
    assert now() == "call"
    progress = progress.marked("refused")
    assert now() == "appeal"
    appeal = appeals.file(Measure.objects.get(pk=measure.pk), "身份被冒用")
    assert now() == "restore"
    appeals.uphold(people["leader2"], appeal.pk, "核实无误")
    assert now() == "again"
    progress = progress.marked("restored")
    assert now() == "audit"
    progress = progress.marked("audit")
    assert now() == "end"
    assert seen[:-1] == [step.id for step in STEPS]
    assert actions.candidate() is None  # the rule was wrong here once: it does not hit this number again so soon


def test_calls_go_on_until_the_gateway_has_heard(people: Any, demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At first the gateway may not have the new policy: every call is told, also the one that still went through."""
    codes = iter([200, 603, 200])
    monkeypatch.setattr(actions, "_PAUSE_S", 0)
    monkeypatch.setattr(actions, "dial", lambda *_: {"line": "", "code": next(codes), "ms": 1, "verdict": None})
    measure = propose(people["analyst"], Wish("outgoing_stop"), alert=demo)
    calls = actions.ring(measure)
    assert [(call["code"], call["callee"]) for call in calls] == [
        (200, "137****7000"),
        (603, "137****7000"),
        (200, "110"),
    ]
    assert actions.as_wished(calls, measure)
    assert "*" in calls[0]["caller"]


def test_no_telephones_is_told_and_a_forged_cookie_is_no_progress(
    demo: Any, signed_in: Callable[[str], Client], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    with pytest.raises(Refused):
        telephone.dial("13800138000", "110")
    client = signed_in("leader")
    client.cookies["fanzha_tour"] = "nonsense"
    assert client.post(reverse("tour:call")).status_code == 404
    page = client.get(reverse("alerts:list")).content.decode()
    assert "开始导览" in page
    assert facts_of(Progress("not there")) == Facts()
    begun = client.post(reverse("tour:begin"))
    assert begun.status_code == 302
    assert "换成Analyst" in client.get(reverse("alerts:list")).content.decode().replace("李研判", "Analyst")
