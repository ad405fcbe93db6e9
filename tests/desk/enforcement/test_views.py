from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from fanzha.desk.enforcement.actions import add_gateway, revoke_gateway
from fanzha.desk.enforcement.models import Gateway, Tally

BASE = "/v1/policy"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


@pytest.fixture
def gateway(home: Path, house: Any) -> tuple[Gateway, dict[str, str]]:
    made, token = add_gateway(None, "gw1", "hb", timezone.now() + timedelta(days=1))
    return made, {"Authorization": f"Bearer {token}"}


def test_no_token_no_policy(home: Path, gateway: Any) -> None:
    client, (made, head) = Client(), gateway
    assert client.get(f"{BASE}/after/0").status_code == 401
    assert client.get(f"{BASE}/after/0", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get(f"{BASE}/after/0", headers=head).status_code == 204
    revoke_gateway(None, made)
    assert client.get(f"{BASE}/after/0", headers=head).status_code == 401


def test_counts_are_taken_once(home: Path, gateway: Any) -> None:
    """A1, A6: a ledger by number and by call; a repeated or gapped report changes nothing."""
    client, head = Client(), gateway[1]
    count = {"entry": "measure:1", "day": "2026-11-16", "action": "block", "calls": 7, "last": 1_795_000_000_000_000}

    def post(begin: int, end: int) -> int:
        sent = {"begin": begin, "end": end, "counts": [count]}
        answer = client.post(f"{BASE}/counts", sent, content_type="application/json", headers=head)
        return int(answer.json()["position"])

    assert post(0, 100) == 100
    assert post(0, 100) == 100
    assert post(200, 300) == 100
    assert post(100, 150) == 150
    row = Tally.objects.get()
    assert (row.entry, row.day, row.action, row.calls) == ("measure:1", date(2026, 11, 16), "block", 14)


@pytest.mark.parametrize("sent", [b"", b"{}", b'{"begin":0,"end":1,"counts":[{"entry":1}]}', b"\xff"])
def test_nonsense_is_told_so(home: Path, gateway: Any, sent: bytes) -> None:
    answer = Client().post(f"{BASE}/counts", sent, content_type="application/json", headers=gateway[1])
    assert answer.status_code == 400


def test_the_command_line_hands_out_a_token_that_opens(
    home: Path, house: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command

    call_command("add_gateway", "gw2", network="hb")
    token = capsys.readouterr().out.strip()
    assert Client().get(f"{BASE}/after/0", headers={"Authorization": f"Bearer {token}"}).status_code == 204
    assert token not in str(Gateway.objects.values().get())
