from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.models import Entry
from fanzha.desk.complaints import actions
from fanzha.desk.complaints.actions import Said
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.weighing import weigh_again
from fanzha.errors import Refused

BAD = "13907110002"


def said(person: int = 1, **more: Any) -> Said:
    """One of several people about the same number."""
    return Said(BAD, f"1360711000{person}", **more)


def test_the_same_again_is_counted_on_the_first(people: Any) -> None:
    """D5: deduplication."""
    first, fresh = actions.take(people["duty"], "hb", said(told="自称公安"))
    again, second = actions.take(people["clerk"], "hb", said(told="又打来"))
    assert (fresh, second, again.pk, again.times) == (True, False, first.pk, 2)
    assert Entry.objects.filter(action="complaints.file").count() == 2
    later = timezone.now() + timedelta(days=31)
    assert actions.take(people["duty"], "hb", said(), at=later)[1]


def test_the_same_reference_is_taken_once(people: Any) -> None:
    first, _fresh = actions.take(people["duty"], "hb", said(way="12321", reference="JB-1"))
    again, fresh = actions.take(people["duty"], "hb", said(way="12321", reference="JB-1"))
    assert (again.pk, fresh, Complaint.objects.get().times) == (first.pk, False, 1)


def test_who_complained_is_not_kept(people: Any) -> None:
    made, _fresh = actions.take(people["duty"], "hb", said())
    kept = str(Complaint.objects.values().get()) + str(list(Entry.objects.values_list("data")))
    assert "13607110001" not in kept
    assert made.shown == "+86136****0001"


def test_three_people_raise_the_score_and_the_alert_says_why(people: Any, make_alert: Any) -> None:
    make_alert("a1", value=f"+86{BAD}", score=62.0, band="watch", region="420100")
    for person in (1, 2, 2, 1):
        actions.take(people["duty"], "hb", said(person))
    assert Alert.objects.get(pk="a1").score == 62
    actions.take(people["duty"], "hb", said(3))
    alert = Alert.objects.get(pk="a1")
    assert (alert.score, alert.band) == (80, "verify")
    assert [rule["id"] for rule in alert.body["rules"]] == ["mass.hour", "complaints.several"]
    assert "3 名不同用户" in alert.body["evidence"][-1]["zh"]
    assert alert.rule == "mass.hour@3"
    assert Entry.objects.filter(action="alerts.complaints").count() == 1


def test_what_detection_tells_anew_is_raised_again(people: Any, make_alert: Any) -> None:
    make_alert("a1", value=f"+86{BAD}", score=62.0, band="watch")
    for person in (1, 2, 3):
        actions.take(people["duty"], "hb", said(person))
    make_alert("a1", value=f"+86{BAD}", score=64.0, band="watch")
    assert weigh_again(timezone.now()) == 1
    assert Alert.objects.get(pk="a1").score == 80
    assert Entry.objects.filter(action="alerts.complaints").count() == 1
    make_alert("a1", value=f"+86{BAD}", score=91.0, band="stop")
    weigh_again(timezone.now())
    alert = Alert.objects.get(pk="a1")
    assert (alert.score, alert.band, len(alert.body["rules"])) == (91, "stop", 2)  # never lowered


def test_without_an_alert_one_begins(people: Any) -> None:
    for person in (1, 2, 3, 4):
        actions.take(people["duty"], "hb", said(person))
    alert = Alert.objects.get()
    assert (alert.score, alert.title, alert.region, alert.value) == (80, "多名用户投诉举报", "420100", f"+86{BAD}")
    assert alert.body["evidence"][0]["value"] == 4


def test_what_was_found_untrue_or_is_old_weighs_nothing(people: Any) -> None:
    made, _fresh = actions.take(people["duty"], "hb", said(1))
    with pytest.raises(Refused, match="理由"):
        actions.act(people["analyst"], made.pk, "dismiss", "")
    actions.act(people["analyst"], made.pk, "dismiss", "系本人亲属")
    actions.take(people["duty"], "hb", said(2), at=timezone.now() - timedelta(days=91))
    for person in (3, 4):
        actions.take(people["duty"], "hb", said(person))
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Said("110", "13607110001"), "紧急"),
        (Said("abc", "13607110001"), "被举报号码"),
        (Said(BAD, "x"), "举报人号码"),
        (Said(BAD, BAD), "相同"),
        (Said(BAD, "13607110001", kind="x"), "类型"),
    ],
)
def test_what_makes_no_sense_is_refused(people: Any, wrong: Said, why: str) -> None:
    with pytest.raises(Refused, match=why):
        actions.take(people["duty"], "hb", wrong)


def test_rights(people: Any) -> None:
    for name in ("leader", "regulator", "station", "admin", "stranger", "subscriber", "bank"):
        with pytest.raises(PermissionDenied):
            actions.take(people[name], "hb", said())
    made, _fresh = actions.take(people["analyst"], "hb", said())
    with pytest.raises(PermissionDenied):
        actions.act(people["regulator"], made.pk, "uphold", "x")
