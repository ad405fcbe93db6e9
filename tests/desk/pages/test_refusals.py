"""Holds how a refusal reaches a person: beside the form where a script sent it, else a page with a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from fanzha.desk.pages.refusals import broken

_PAGE = {"accept": "text/html,application/xhtml+xml"}
_SCRIPT = {"hx-request": "true"}


def test_a_form_sent_by_script_hears_where_to_go_on_or_what_is_missing(
    signed_in: Callable[[str], Client], make_alert: Any
) -> None:
    address = reverse("alerts:judge", args=[make_alert("a1", region="420100").pk])
    leader = signed_in("leader")
    refused = leader.post(address, {"judge": "confirm:nonsense"}, headers=_SCRIPT)
    assert refused.status_code == 422
    assert "<html" not in refused.content.decode()
    assert 'role="alert"' in refused.content.decode()
    done = leader.post(address, {"judge": "hold:more"}, headers=_SCRIPT)
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, reverse("alerts:detail", args=["a1"]))


def test_without_a_script_a_refusal_is_a_page_with_the_way_back(
    signed_in: Callable[[str], Client], make_alert: Any
) -> None:
    alert = make_alert("a1", region="420100")
    came = f"http://testserver{reverse('alerts:detail', args=[alert.pk])}"
    leader, address, said = signed_in("leader"), reverse("alerts:judge", args=[alert.pk]), {"judge": "confirm:nonsense"}
    assert f'href="{came}"' in leader.post(address, said, headers={"referer": came}).content.decode()
    assert (
        "evil.example" not in leader.post(address, said, headers={"referer": "https://evil.example/"}).content.decode()
    )


def test_the_address_of_a_form_opened_by_hand_is_told_not_blank(signed_in: Callable[[str], Client]) -> None:
    leader, address = signed_in("leader"), reverse("alerts:triage")
    shown = leader.get(address, headers=_PAGE)
    assert (shown.status_code, shown.headers["Allow"]) == (405, "POST")
    assert "只用来提交" in shown.content.decode()
    assert leader.get(address).status_code == 405  # a machine's


def test_a_form_of_another_site_is_told_in_words(people: Any) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("login:password"), {"username": "leader"}, headers=_PAGE)
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()


def test_an_error_of_ours_is_told_though_the_database_is_away(rf: RequestFactory) -> None:
    class Away:
        @property
        def is_authenticated(self) -> bool:
            raise OSError("no database")

    request = rf.get("/", headers=_PAGE)
    request.user = Away()  # type: ignore[assignment]
    answer = broken(request)
    assert answer.status_code == 500
    assert "系统出错了" in answer.content.decode()
    assert "Something went wrong" in answer.content.decode()


@pytest.mark.parametrize(("name", "said", "field"), [
    ("complaints:add", {"number": "1", "complainant": "13812345678", "kind": "fraud", "way": "12321"}, "number"),
    ("requests:add", {"number": "13812345678", "issuer": "市局", "authority": "city", "kind": "shutdown"}, "document"),
    ("lists:add", {"value": "13812345678", "kind": "number", "starts": "tomorrow"}, "starts"),
])  # fmt: skip
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    name: str, said: dict[str, str], field: str, signed_in: Callable[[str], Client], house: Any
) -> None:
    who = signed_in({"requests:add": "duty", "complaints:add": "analyst"}.get(name, "leader"))
    answer = who.post(reverse(name, args=["block"] if name == "lists:add" else []), {"network": "hb", **said})
    page = answer.content.decode()
    assert answer.status_code == 422
    label = next(each for each in page.split("<label") if f'name="{field}"' in each)
    assert "field-wrong" in label.split("</label>")[0]
    assert 'value="13812345678"' in page


def test_a_refusal_by_script_names_the_field_it_is_about(rf: RequestFactory) -> None:
    """And no other word of where: that may be a number."""
    from fanzha.desk.pages.refusals import told

    part = rf.post("/", headers=_SCRIPT)
    assert 'data-field="reason"' in told(part, 422, "缺理由", where="reason").content.decode()
    assert "13907110002" not in told(part, 422, "有误", where="13907110002").content.decode()


def test_the_other_language_of_an_answered_form_is_a_page_that_can_be_got(
    signed_in: Callable[[str], Client], make_alert: Any
) -> None:
    address = reverse("alerts:judge", args=[make_alert("a1", region="420100").pk])
    came = f"http://testserver{reverse('alerts:detail', args=['a1'])}"
    page = signed_in("leader").post(address, {"judge": "confirm:nonsense"}, headers={"referer": came})
    assert f'name="next" value="{came}"' in page.content.decode()
    elsewhere = signed_in("leader").post(address, {"judge": "x"}, headers={"referer": "https://evil.example/alerts/"})
    assert f'name="next" value="{address}"' in elsewhere.content.decode()
