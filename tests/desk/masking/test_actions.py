from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.masking.actions import as_shown, left, unmask
from fanzha.desk.masking.mask import mask_document, mask_name
from fanzha.desk.masking.models import Unmasking
from fanzha.desk.masking.subject import Subject, subject_of
from fanzha.errors import Refused

SUBJECT = Subject("number", "+8613907110002", "hb", "420100")


def _again(user: Any) -> Any:
    """The same person on the next request."""
    return type(user).objects.get(pk=user.pk)


def test_a_look_needs_a_reason_and_is_in_the_audit_without_the_number(people: Any) -> None:
    with pytest.raises(Refused):
        unmask(people["analyst"], SUBJECT, " 查 ")
    unmask(people["analyst"], SUBJECT, "案件 A2026-11")
    line = Entry.objects.get(action="masking.unmask")
    assert line.reason == "案件 A2026-11"
    assert "13907110002" not in str(line.data) + line.subject
    assert as_shown(_again(people["analyst"]), SUBJECT) == "+8613907110002"
    assert as_shown(people["leader"], SUBJECT) == "+86139****0002"


def test_it_shows_for_some_minutes(people: Any) -> None:
    unmask(people["analyst"], SUBJECT, "案件 A2026-11", at=timezone.now() - timedelta(minutes=16))
    assert as_shown(_again(people["analyst"]), SUBJECT) == "+86139****0002"


def test_the_daily_quota_ends_and_begins_again(people: Any) -> None:
    now = timezone.now()
    user = people["regulator"]
    assert left(user, now) == 10
    for at in range(10):
        unmask(user, Subject("number", f"+861390711{at:04}", "hb", "420100"), "督查核实")
    with pytest.raises(Refused, match="额度"):
        unmask(user, SUBJECT, "督查核实")
    Unmasking.objects.update(at=now - timedelta(days=1))
    assert unmask(user, SUBJECT, "督查核实").kind == "number"


def test_other_networks_and_regions_stay_shut(people: Any) -> None:
    for subject in (Subject("number", "+8613", "hn", "430100"), Subject("number", "+8613", "hb", "420500")):
        with pytest.raises(PermissionDenied):
            unmask(people["analyst"], subject, "案件 A2026-11")


def test_a_token_tells_nothing_and_cannot_be_made() -> None:
    token = SUBJECT.token
    assert "139" not in token
    assert subject_of(token) == SUBJECT
    for wrong in ("", "abc", token[:-2] + "AA", "***"):
        with pytest.raises(Http404):
            subject_of(wrong)


def test_asking_in_place(signed_in: Callable[[str], Client], people: Any) -> None:
    client = signed_in("analyst")
    address = reverse("masking:ask", args=[SUBJECT.token])
    assert "13907110002" not in client.get(address).content.decode()
    short = client.post(address, {"reason": "x"})
    assert short.status_code == 422
    assert "+8613907110002" in client.post(address, {"reason": "案件 A2026-11"}).content.decode()


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳修", "欧阳*"), ("司马", "司*"), ("John Smith", "J***"), ("", "")]
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(("text", "masked"), [("420106199001011234", "420***********1234"), ("12345", "*****")])
def test_documents(text: str, masked: str) -> None:
    assert mask_document(text) == masked
