from __future__ import annotations

import re
import time
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from fanzha.desk.audit.models import Entry
from fanzha.desk.login import codes
from fanzha.desk.login.models import FailedTry, OpenSession

PASSWORD = "correct horse"


@pytest.fixture
def enrolled(people: Any) -> tuple[Any, str]:
    """A person with an authenticator."""
    user, secret = people["analyst"], codes.new_secret()
    codes.keep(user, secret)
    user.save()
    return user, secret


def _password(client: Client, name: str = "analyst", password: str = PASSWORD, **more: Any) -> Any:
    return client.post(reverse("login:password"), {"username": name, "password": password}, **more)


def test_password_alone_does_not_let_in(enrolled: Any) -> None:
    client = Client()
    assert _password(client)["Location"] == reverse("login:code")
    assert client.get("/alerts/").status_code == 302


def test_password_and_code_let_in_and_the_code_works_once(enrolled: Any) -> None:
    user, secret = enrolled
    code = pyotp.TOTP(secret).now()
    client = Client()
    _password(client)
    assert client.post(reverse("login:code"), {"code": code})["Location"] == "/"
    assert client.get("/alerts/").status_code == 200
    other = Client()
    _password(other)
    assert other.post(reverse("login:code"), {"code": code}).status_code == 422
    assert Entry.objects.filter(action="login.in", actor=user).count() == 1


def test_first_sign_in_sets_the_authenticator(people: Any) -> None:
    client = Client()
    _password(client)
    page = client.get(reverse("login:code")).content.decode()
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert shown is not None
    secret = shown[1].replace(" ", "")
    assert client.post(reverse("login:code"), {"code": "000000"}).status_code == 422
    assert client.post(reverse("login:code"), {"code": pyotp.TOTP(secret).now()}).status_code == 302
    people["analyst"].refresh_from_db()
    assert people["analyst"].totp
    assert secret not in people["analyst"].totp


def test_wrong_name_and_wrong_password_sound_the_same(people: Any) -> None:
    told = [_password(Client(), *pair).content.decode() for pair in (("nobody", PASSWORD), ("analyst", "wrong"))]
    assert all("用户名或密码不正确" in text for text in told)


def test_five_wrong_tries_lock_the_name_even_for_the_right_password(enrolled: Any) -> None:
    for _try in range(5):
        assert _password(Client(), password="wrong").status_code == 422
    locked = _password(Client())
    assert "锁定" in locked.content.decode()
    FailedTry.objects.update(at="2026-01-01T00:00:00Z")
    assert _password(Client()).status_code == 302


def test_wrong_codes_lock_too(enrolled: Any) -> None:
    client = Client()
    _password(client)
    for _try in range(5):
        client.post(reverse("login:code"), {"code": "000000"})
    right = client.post(reverse("login:code"), {"code": pyotp.TOTP(enrolled[1]).now()})
    assert "锁定" in right.content.decode()


def test_no_code_is_skipped_in_the_demonstration_from_elsewhere(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only demo people, only with FANZHA_DEMO, only from this machine."""
    people["leader"].demo = True
    people["leader"].save()
    code = reverse("login:code")
    assert _password(Client(), "leader")["Location"] == code
    monkeypatch.setattr(settings, "DEMO", True)
    assert _password(Client(), "leader", REMOTE_ADDR="10.0.0.8")["Location"] == code
    assert _password(Client(), "analyst")["Location"] == code
    assert _password(Client(), "leader")["Location"] == "/"


def test_a_session_can_be_ended_from_another_browser(enrolled: Any) -> None:
    first, second = Client(), Client()
    for client, later in ((first, 0), (second, 30)):
        _password(client)
        code = pyotp.TOTP(enrolled[1]).at(time.time() + later)
        assert client.post(reverse("login:code"), {"code": code}).status_code == 302
    mine = OpenSession.objects.order_by("pk").first()
    assert mine is not None
    second.post(reverse("login:end", args=[mine.pk]))
    assert first.get("/alerts/").status_code == 302
    assert second.get("/alerts/").status_code == 200


def test_a_session_unused_for_an_hour_ends(signed_in: Any) -> None:
    client = signed_in("analyst")
    OpenSession.objects.update(seen="2026-01-01T00:00:00Z")
    assert client.get("/alerts/").status_code == 302


def test_signing_in_leads_to_where_one_wanted_to_go_but_not_elsewhere(people: Any, enrolled: Any) -> None:
    for wanted, onward in (
        ("/audit/", "/audit/"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("audit", "/"), ("a\nb", "/"),
    ):  # fmt: skip
        client = Client()
        client.post(reverse("login:password"), {"username": "analyst", "password": PASSWORD, "next": wanted})
        people["analyst"].refresh_from_db()
        people["analyst"].__class__.objects.update(totp_step=0)
        answer = client.post(reverse("login:code"), {"code": pyotp.TOTP(enrolled[1]).now()})
        assert answer["Location"] == onward


def test_headers_are_strict(client: Client, db: None) -> None:
    answer = client.get(reverse("login:password"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store" or "no-store" in answer["Cache-Control"]


def test_forms_from_elsewhere_are_refused(people: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = _password(client)
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()
