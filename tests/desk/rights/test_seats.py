from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from fanzha.desk.alerts.models import Alert
from fanzha.desk.organisations import actions as make
from fanzha.desk.organisations.models import Grant, Membership, User
from fanzha.desk.rights.roles import rights, roles
from fanzha.desk.rights.seats import holds, seats_of


def _again(user: Any) -> Any:
    """The same person on the next request."""
    return User.objects.get(pk=user.pk)


def _seen(user: Any) -> set[str]:
    return {alert.pk for alert in Alert.objects.seen_by(_again(user))}


@pytest.fixture
def everywhere(make_alert: Any) -> None:
    """Alerts of a district, a city, another city, the whole province, and another operator's."""
    places = {"district": "420106", "city": "420100", "elsewhere": "420500", "province": "42", "near": "421000"}
    for at, (name, region) in enumerate(places.items()):
        make_alert(name, value=f"+861390711{at:04}", region=region)
    make_alert("other", network="hn", region="430100", value="+8613907110099")


def test_region_is_a_prefix_at_each_level(everywhere: None, people: Any, house: SimpleNamespace) -> None:
    assert _seen(people["leader"]) == {"district", "city", "elsewhere", "province", "near"}
    assert _seen(people["analyst"]) == {"district", "city"}
    assert _seen(people["stranger"]) == {"other"}
    for name in ("bank", "clerk", "admin", "subscriber"):
        assert _seen(people[name]) == set()


def test_a_seat_can_be_narrower_than_its_office_but_never_wider(everywhere: None, people: Any) -> None:
    seat = Membership.objects.filter(user=people["analyst"])
    seat.update(region="420106")
    assert _seen(people["analyst"]) == {"district"}
    seat.update(region="42")
    assert _seen(people["analyst"]) == {"district", "city"}


def test_a_row_is_reached_by_query_and_by_question_alike(everywhere: None, people: Any) -> None:
    """`visible_to` and `holds` never disagree: one serves lists, the other acts."""
    for name, user in people.items():
        seen = _seen(user)
        asked = {alert.pk for alert in Alert.objects.all() if holds(_again(user), "alerts.view", alert)}
        assert asked == seen, name


def test_a_grant_ends_on_its_day(everywhere: None, people: Any) -> None:
    assert _seen(people["duty"])
    Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert _seen(people["duty"]) == set()


def test_a_seat_that_ended_and_a_person_who_left_see_nothing(everywhere: None, people: Any) -> None:
    make.end_seat(None, Membership.objects.get(user=people["leader"]))
    assert _seen(people["leader"]) == set()
    User.objects.filter(pk=people["analyst"].pk).update(is_active=False)
    assert seats_of(_again(people["analyst"])) == ()


def test_a_role_counts_only_at_its_kind_of_office(house: SimpleNamespace, people: Any) -> None:
    """Somebody edits the table by hand: a bank still has no leader of ours."""
    Membership.objects.filter(user=people["bank"]).update(role="leader")
    assert seats_of(_again(people["bank"])) == ()


def test_two_seats_add_up(everywhere: None, people: Any, house: SimpleNamespace) -> None:
    make.seat(None, people["analyst"], house.other, "analyst")
    assert _seen(people["analyst"]) == {"district", "city", "other"}


def test_every_right_is_held_by_somebody() -> None:
    held = {right for role in roles().values() for right in role.rights}
    assert held == set(rights())
