from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from fanzha.desk.alerts.models import Alert, SavedView

LIST = reverse("alerts:list")


def _rows(answer: Any) -> list[str]:
    return [alert.pk for alert in answer.context["rows"]]


def test_without_filters_the_list_is_what_is_still_to_be_judged(signed_in: Any, make_alert: Any) -> None:
    make_alert("a1", score=70.0)
    make_alert("a2", score=90.0, value="+8613907110003")
    make_alert("a3", state="dismissed", value="+8613907110004")
    assert _rows(signed_in("leader").get(LIST)) == ["a2", "a1"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("state=dismissed", ["a3"]), ("band=stop", ["a2"]), ("kind=cell", ["a4"]), ("region=4201", ["a2", "a1"]),
        ("scheme=wangiri", ["a4"]), ("since=2026-11-16", ["a2", "a3", "a1", "a4"]), ("until=2026-11-10", []),
        ("overdue=on", ["a1"]), ("mine=on", ["a2"]), ("order=recent&state=open", ["a2", "a1", "a4"]),
        ("since=nonsense&band=stop", ["a2"]),
    ],
)  # fmt: skip
def test_filters(query: str, rows: list[str], signed_in: Any, make_alert: Any, people: Any) -> None:
    make_alert("a1", score=72.0, overdue=True)
    make_alert("a2", score=95.0, band="stop", value="+8613907110003", assigned_user=people["leader"],
               last_seen="2026-11-16T03:00:00Z")  # fmt: skip
    make_alert("a3", score=80.0, state="dismissed", value="+8613907110004", region="420500")
    make_alert("a4", score=65.0, band="watch", kind="cell", value="460001", scheme="wangiri", region="42",
               last_seen="2026-11-16T00:30:00Z")  # fmt: skip
    assert _rows(signed_in("leader").get(f"{LIST}?{query}")) == rows


def test_pages_and_a_pinned_number_of_queries(
    signed_in: Any, make_alert: Any, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for at in range(60):
        make_alert(f"a{at}", value=f"+86139071{at:05}")
    client = signed_in("leader")
    first = client.get(LIST)
    assert len(_rows(first)) == 50
    second = client.get(LIST + "?page=2&state=open")
    assert len(_rows(second)) == 10
    with django_assert_num_queries(10):
        client.get(LIST)
    with django_assert_num_queries(7):
        assert "<b>60</b>" in client.get(reverse("alerts:counts")).content.decode()
    with django_assert_num_queries(16):
        client.get(reverse("alerts:detail", args=["a1"]))


def test_what_arrives_later_comes_by_itself_once(signed_in: Any, make_alert: Any) -> None:
    make_alert("a1")
    client = signed_in("leader")
    since = client.get(LIST).context["since"]
    make_alert("a2", value="+8613907110003")
    answer = client.get(reverse("alerts:fresh"), {"since": since})
    text = answer.content.decode()
    assert 'id="alert-a2"' in text
    assert 'id="alert-a1"' not in text
    again = client.get(reverse("alerts:fresh"), {"since": answer.context["since"]}).content.decode()
    assert "alert-a2" not in again
    other = client.get(reverse("alerts:fresh"), {"since": since, "band": "stop"}).content.decode()
    assert "alert-a2" not in other


def test_bulk_triage_brings_the_rows_back_as_they_stand(signed_in: Any, make_alert: Any) -> None:
    make_alert("a1")
    make_alert("a2", value="+8613907110003")
    post = {"ids": ["a1", "a2", "gone"], "judge": "dismiss:business", "note": "外卖骑手"}
    text = signed_in("analyst").post(reverse("alerts:triage"), post).content.decode()
    assert "已研判 2 条" in text
    assert "1 条未处理" in text
    assert text.count("误报") >= 2


@pytest.mark.parametrize("judge", ["", "dismiss:", "dismiss:victim", "delete:more", "reopen:more"])
def test_a_judgement_that_makes_no_sense_is_refused(judge: str, signed_in: Any, make_alert: Any) -> None:
    make_alert("a1")
    answer = signed_in("analyst").post(reverse("alerts:triage"), {"ids": ["a1"], "judge": judge})
    assert answer.status_code == 422
    assert Alert.objects.get().state == "open"


def test_detail_tells_the_reasons_beside_their_thresholds(signed_in: Any, make_alert: Any) -> None:
    make_alert("a1")
    make_alert("a0", value="+8613907110009", state="confirmed")
    text = signed_in("analyst").get(reverse("alerts:detail", args=["a1"])).content.decode()
    for words in ("1 小时新联系人为 80", "怎样就不会预警", "开卡时长", "第十一条", "+86139****0002", "属实 1，误报 0"):
        assert words in text, words
    english = signed_in("leader").get(reverse("alerts:detail", args=["a1"]), headers={"accept-language": "en"})
    assert "new contacts in 1 h: 80" in english.content.decode()


def test_views_are_ones_own(signed_in: Any, people: Any) -> None:
    signed_in("leader").post(reverse("alerts:keep_view"), {"name": "红色", "query": "band=stop"})
    assert "红色" in signed_in("leader").get(LIST).content.decode()
    assert "红色" not in signed_in("analyst").get(LIST).content.decode()
    signed_in("analyst").post(reverse("alerts:drop_view", args=[SavedView.objects.get().pk]))
    assert SavedView.objects.count() == 1


def test_a_leaf_about_a_list_is_told_in_words(signed_in: Any, make_alert: Any) -> None:
    """Codes of rules are no words in either language."""
    alert = make_alert("a1", region="420100")
    alert.body["evidence"].append({
        "rule": "mass.hour", "fields": ["number_kind"], "value": 1.0, "op": "not in", "threshold": None,
        "state": "holds", "zh": "号码类别为 MOBILE，须不属于 FIXED_LINES（满足）",
        "en": "kind of number: MOBILE, not in FIXED_LINES (holds)",
    })  # fmt: skip
    alert.save()
    leader, address = signed_in("leader"), reverse("alerts:detail", args=["a1"])
    assert "号码类别为 手机，须不属于 固定电话（满足）" in leader.get(address).content.decode()
    english = leader.get(address, headers={"accept-language": "en"}).content.decode()
    assert "kind of number: mobile, not in fixed lines (holds)" in english
