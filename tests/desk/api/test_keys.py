"""Asks for, approves, draws and revokes keys on their pages; walks these as every role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fanzha.desk.api.models import Key
from fanzha.desk.audit.models import Entry

ROLES = ("duty", "analyst", "leader", "station", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")
LIST = (200,) * 9 + (403,)
ASK = (*(200,) * 7, 403, 200, 403)
EXPORT = (200, 403, 200, 403, 200, 403, 403, 200, 200, 403)
ACT = (404, 404, 403, 404, 404, 404, 404, 302, 404, 404)  # approving the leader's key: their administrator's alone
ASKED = {"name": "工单系统", "why": "对接工单", "days": "30", "scope": ["alerts.read"]}


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
def test_every_role(at: int, signed_in: Callable[[str], Client]) -> None:
    leader, client = signed_in("leader"), signed_in(ROLES[at])
    leader.post(reverse("keys:ask"), ASKED)
    assert client.get(reverse("keys:list")).status_code == LIST[at]
    assert client.get(reverse("keys:ask")).status_code == ASK[at]
    assert client.get(reverse("keys:export")).status_code == EXPORT[at]
    assert (reverse("keys:export") in str(client.get(reverse("keys:list")).content)) == (EXPORT[at] == 200)
    address = reverse("keys:act", args=[Key.objects.get().pk])
    assert client.get(address).status_code == 405
    assert client.post(address, {"act": "approve"}).status_code == ACT[at]
    for anybody in ("keys:list", "keys:ask", "keys:export"):
        assert Client().get(reverse(anybody))["Location"].startswith("/login/")


def test_a_key_is_asked_for_approved_and_drawn_once(signed_in: Callable[[str], Client]) -> None:
    """Its owner alone sees the secret; who approves does not, and so acts as nobody else (four eyes)."""
    leader, admin = signed_in("leader"), signed_in("admin")
    assert leader.post(reverse("keys:ask"), ASKED).status_code == 302
    key = Key.objects.get()
    address = reverse("keys:act", args=[key.pk])
    assert leader.post(address, {"act": "draw"}).status_code == 422
    assert admin.post(address, {"act": "approve"}).status_code == 302
    assert admin.post(address, {"act": "draw"}).status_code == 403
    shown = leader.post(address, {"act": "draw"})
    secret = str(shown.context["secret"])
    assert (secret.startswith("fz_"), secret in shown.content.decode()) == (True, True)
    assert "no-store" in shown["Cache-Control"]
    assert leader.post(address, {"act": "draw"}).status_code == 422
    for client in (leader, admin):
        assert secret not in client.get(reverse("keys:list")).content.decode()
    assert secret not in str(list(Entry.objects.values_list("data", "reason")))
    machine = Client(headers={"authorization": f"Bearer {secret}"})
    assert machine.get(reverse("api:alerts")).status_code == 200
    assert machine.get(reverse("api:measures")).status_code == 403
    assert leader.post(address, {"act": "revoke"}).status_code == 302
    assert machine.get(reverse("api:alerts")).status_code == 401
    told = list(Entry.objects.filter(kind="key").order_by("pk").values_list("action", flat=True))
    assert told == ["keys.propose", "keys.approve", "keys.draw", "keys.revoke"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": []},
        {"scope": ["nothing"]},
        {"scope": ["rollbacks.write"]},
        {"days": "9999"},
        {"days": "x"},
        {"why": " "},
    ],
)
def test_what_cannot_be_asked_for(wrong: dict[str, Any], signed_in: Callable[[str], Client]) -> None:
    """Not beyond one's own rights: an analyst rolls nothing back."""
    answer = signed_in("analyst").post(reverse("keys:ask"), ASKED | wrong)
    assert (answer.status_code, Key.objects.count()) == (422, 0)
    assert "工单系统" in answer.content.decode()


def test_a_rejected_or_withdrawn_key_opens_nothing(signed_in: Callable[[str], Client]) -> None:
    leader, admin = signed_in("leader"), signed_in("admin")
    for who, act, state in ((admin, "reject", "rejected"), (leader, "withdraw", "withdrawn")):
        leader.post(reverse("keys:ask"), ASKED)
        key = Key.objects.latest("pk")
        address = reverse("keys:act", args=[key.pk])
        if act == "reject":
            assert who.post(address, {"act": act}).status_code == 422
        assert who.post(address, {"act": act, "reason": "用途不明"}).status_code == 302
        key.refresh_from_db()
        assert (key.state, key.digest) == (state, None)
        assert leader.post(address, {"act": "draw"}).status_code == 422
