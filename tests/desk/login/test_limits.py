"""Who guesses locks out nobody but those who guess: at the desk's door and at the door of appeals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.appeals.actions import open_by_code
from fanzha.desk.login import limits
from fanzha.desk.login.limits import begin_try
from fanzha.desk.login.models import FailedTry
from fanzha.desk.measures.actions import Wish, propose
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.codes import code_of
from fanzha.errors import Refused

PASSWORD = "correct horse"
NUMBER = "+8613907110002"


def _enter(client: Client, password: str = PASSWORD, name: str = "leader", address: str = "10.0.0.1") -> Any:
    said = {"username": name, "password": password}
    return client.post(reverse("login:password"), said, REMOTE_ADDR=address)


@pytest.fixture
def known(people: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The leader's browser, which has been in and was left."""
    monkeypatch.setattr(settings, "DEMO", True)
    people["leader"].demo = True
    people["leader"].save()
    client = Client()
    assert _enter(client, address="127.0.0.1")["Location"] == "/"
    client.post(reverse("login:out"))
    return client


def test_who_guesses_from_elsewhere_locks_nobody_out_of_the_browser_they_use(known: Client) -> None:
    for _guess in range(5):
        assert _enter(Client(), "wrong").status_code == 422
    unknown = _enter(Client()).content.decode()
    assert "锁定" in unknown
    assert "登录过的浏览器" in unknown
    assert _enter(known, address="10.0.0.1")["Location"] == reverse("login:code")


def test_nor_does_who_uses_up_their_address(known: Client) -> None:
    for at in range(30):
        _enter(Client(), "wrong", f"nobody{at}")
    assert "锁定" in _enter(Client(), name="analyst").content.decode()
    assert _enter(known).status_code == 302


def test_a_known_browser_has_five_tries_of_its_own_and_costs_others_none(known: Client) -> None:
    for _guess in range(5):
        assert "不正确" in _enter(known, "wrong").content.decode()
    assert "锁定" in _enter(known).content.decode()
    assert _enter(Client()).status_code == 302


def test_a_browser_is_known_by_the_name_it_got_in_with_and_by_no_other(known: Client, people: Any) -> None:
    for _guess in range(5):
        _enter(Client(), "wrong", "leader2")
    assert "锁定" in _enter(known, name="leader2").content.decode()


@pytest.mark.parametrize("change", ["forged", "old"])
def test_a_cookie_that_we_did_not_give_lately_counts_for_nothing(
    known: Client, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = (each for name, each in known.cookies.items() if name.startswith("fanzha_known_"))
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", "/login/")
    assert "leader" not in kept.OutputString()
    for _guess in range(5):
        _enter(Client(), "wrong")
    if change == "forged":
        kept.set(kept.key, "0" + kept.value[1:], "0" + kept.value[1:])
    else:
        days = msgspec.structs.replace(limits.limits(), known_days=-1)
        monkeypatch.setattr("fanzha.desk.login.known.limits", lambda: days)
    assert "锁定" in _enter(known).content.decode()


def test_what_is_typed_for_a_name_is_not_kept_and_locks_no_number(people: Any, stopped: Measure) -> None:
    for typed in (f"appeal {NUMBER}", NUMBER):
        for _guess in range(5):
            _enter(Client(), "wrong", typed)
    assert open_by_code(NUMBER, code_of(stopped), "10.0.0.1") == stopped
    assert not [row for row in FailedTry.objects.all() if "1390711" in row.name]


@pytest.fixture
def stopped(people: Any, make_alert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measure:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return propose(people["analyst"], Wish("label"), alert=make_alert(score=90.0))


def _guesses(number: int, address: str) -> None:
    for _guess in range(number):
        with pytest.raises(Refused, match="不正确"):
            open_by_code(NUMBER, "AAAAAAAA", address)


def test_guesses_of_a_code_keep_the_subscriber_from_appealing_nowhere_else(stopped: Measure) -> None:
    _guesses(5, "203.0.113.9")
    with pytest.raises(Refused, match="锁定"):
        open_by_code(NUMBER, code_of(stopped), "203.0.113.9")
    for address in ("198.51.100.7", ""):  # the page, and the operator's own app over REST
        assert open_by_code(NUMBER, code_of(stopped), address) == stopped


def test_a_browser_that_opened_it_with_the_code_is_counted_by_itself(stopped: Measure) -> None:
    client, typed = Client(), {"number": "139 0711 0002", "code": code_of(stopped)}
    assert client.post("/appeal/", typed).status_code == 302
    _guesses(5, "127.0.0.1")
    assert Client().post("/appeal/", typed).status_code == 422
    assert client.post("/appeal/", typed).status_code == 302


def test_one_customers_addresses_are_one(stopped: Measure) -> None:
    for at in range(5):
        _guesses(1, f"2001:db8:1:2::{at}")
    with pytest.raises(Refused, match="锁定"):
        open_by_code(NUMBER, code_of(stopped), "2001:db8:1:2:ffff::9")
    assert open_by_code(NUMBER, code_of(stopped), "2001:db8:1:3::9") == stopped


def test_guesses_of_one_number_from_everywhere_end_some_time(stopped: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    few = msgspec.structs.replace(limits.limits(), appeal_tries=8)
    monkeypatch.setattr(limits, "limits", lambda: few)
    for at in range(8):
        _guesses(1, f"198.51.100.{at}")
    with pytest.raises(Refused, match="锁定"):
        open_by_code(NUMBER, code_of(stopped), "198.51.100.99")


def test_a_lock_ends(db: None) -> None:
    now = timezone.now()
    for _guess in range(5):
        begin_try("name", "x", "", now)
    with pytest.raises(Refused):
        begin_try("name", "X", "", now + timedelta(minutes=14))
    begin_try("name", "x", "", now + timedelta(minutes=16))
