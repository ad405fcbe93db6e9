"""Holds keys to what is kept of them, and writes to happening once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from fanzha.errors import Refused

LIFT = "/api/measures/{}/lift"


def _post(client: Client, address: str, body: dict[str, Any], name: str = "") -> Any:
    headers = {"idempotency-key": name} if name else {}
    return client.post(address, body, content_type="application/json", headers=headers)


def test_a_secret_is_kept_as_a_hash_and_shown_once(people: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from fanzha.desk.api.actions import digest
    from fanzha.desk.api.models import Key
    from fanzha.desk.audit.models import Entry

    call_command("add_key", "leader", "联通接口", "--scope", "alerts.read", "--days", "5")
    secret = capsys.readouterr().out.split()[-1]
    key = Key.objects.get()
    assert secret.startswith("fz_")
    assert key.digest == digest(secret)
    assert secret not in str(vars(key)) + str(Entry.objects.get(action="api.add_key").data)
    assert key.expires - key.made_at == timedelta(days=5)
    call_command("revoke_key", str(key.pk))
    assert Key.objects.get().revoked_at is not None


def test_keys_that_would_last_for_ever_or_open_nothing_are_refused(people: Any) -> None:
    from fanzha.desk.api.actions import add_key

    for scopes, days in ((["alerts.read"], 4000), (["alerts.read"], 0), ([], 5), (["all"], 5)):
        with pytest.raises(Refused):
            add_key(None, people["leader"], "k", scopes, days)


def test_a_write_asked_twice_is_done_once(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    from fanzha.desk.api.models import Receipt
    from fanzha.desk.audit.models import Entry

    client, address = caller("leader"), LIFT.format(rows.measure.pk)
    first = _post(client, address, {"reason": "核实无误"}, "write-0001")
    second = _post(client, address, {"reason": "核实无误"}, "write-0001")
    assert first.status_code == second.status_code == 200
    assert first.json() == {**second.json(), "again": False}
    assert second.json()["again"] is True
    assert first.json()["state"] == "lifted"
    assert Entry.objects.filter(action="measures.lift").count() == 1
    assert Entry.objects.get(action="api.write").data["action"] == "act_on_measure"
    assert Receipt.objects.count() == 1


def test_another_body_under_the_same_name_is_refused(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    client, address = caller("leader"), LIFT.format(rows.measure.pk)
    _post(client, address, {"reason": "核实无误"}, "write-0001")
    assert _post(client, address, {"reason": "另一个理由"}, "write-0001").status_code == 422
    assert _post(caller("leader2"), address, {"reason": "核实无误"}, "write-0001").status_code == 422  # its own names


def test_a_write_without_a_name_is_not_done(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    client, address = caller("leader"), LIFT.format(rows.measure.pk)
    assert _post(client, address, {"reason": "核实无误"}).status_code == 422
    assert _post(client, address, {"reason": "核实无误"}, "short").status_code == 400
    rows.measure.refresh_from_db()
    assert rows.measure.state == "active"


def test_what_was_refused_may_be_asked_again(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    from fanzha.desk.api.models import Receipt

    client, address = caller("leader"), LIFT.format(rows.measure.pk)
    assert _post(client, address, {"reason": ""}, "write-0001").status_code == 422
    assert not Receipt.objects.exists()
    assert _post(client, address, {"reason": "核实无误"}, "write-0001").status_code == 200


def test_four_eyes_hold_over_rest(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    body = {"network": "hb", "value": "13907110077", "reason": "police", "document": "文"}
    client = caller("leader")
    made = _post(client, "/api/lists/block", body, "write-0001").json()
    approve = f"/api/lists/block/{made['id']}/approve"
    assert _post(client, approve, {}, "write-0002").status_code == 422
    assert _post(caller("leader2"), approve, {}, "write-0002").json()["state"] == "active"


def test_receipts_are_forgotten_after_their_days(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    from fanzha.desk.api.actions import forget_receipts

    _post(caller("leader"), LIFT.format(rows.measure.pk), {"reason": "核实无误"}, "write-0001")
    assert forget_receipts(timezone.now()) == 0
    assert forget_receipts(timezone.now() + timedelta(days=8)) == 1


def test_what_was_sent_is_not_told_back(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    answer = _post(caller("leader"), "/api/entities/search", {"what": "13907110002" * 20})
    assert answer.status_code == 422
    assert b"13907110002" not in answer.content
