"""Decides which alert the tour follows, whose number the demonstration's subscriber has, and which calls are placed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.db.models.functions import Length
from django.utils import timezone

from fanzha.desk.alerts.choices import State as AlertState
from fanzha.desk.alerts.models import Alert
from fanzha.desk.measures.choices import State
from fanzha.desk.measures.evidence import families_of, lacking, suppressed_until
from fanzha.desk.measures.ladder import rung
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User
from fanzha.desk.tour.progress import PROPOSERS
from fanzha.desk.tour.telephone import dial
from fanzha.numbering import mask

_TRIED = 50
_VICTIM, _EMERGENCY = "13700137000", "110"
_LONGEST_S, _PAUSE_S = 20.0, 0.5  # until the gateways follow an approval; two seconds are promised


def candidate() -> Alert | None:
    """The highest open alert on one of our own numbers whose evidence carries a suspension, in the analyst's city if
    there is one; None while there is none.
    """
    people = {each.username: each for each in User.objects.filter(username__in=PROPOSERS, demo=True)}
    found = (_best(people[name]) for name in PROPOSERS if name in people)
    return next((alert for alert in found if alert is not None), None)


def _best(person: User) -> Alert | None:
    enough = rung("suspend").evidence.score  # with it the search ends within the few highest, for this is on every page
    wanted = Alert.objects.seen_by(person).filter(
        state=AlertState.OPEN, kind="number", measure="stop", score__gte=enough, value__startswith="+861"
    )
    in_a_city = wanted.annotate(length=Length("region")).filter(length__gte=4).order_by("-score", "-last_seen", "id")
    return next((each for each in in_a_city[:_TRIED] if _carries(each)), None)


def begin(alert: Alert) -> None:
    """The subscriber of the demonstration gets this number, so that they can appeal."""
    User.objects.filter(username="subscriber", demo=True).update(number=alert.value)


def ring(measure: Measure) -> list[dict[str, Any]]:
    """Calls from the measure's number as they came out: until one is refused and one to 110, or, when it has ended,
    until one is answered. Raises Refused.
    """
    return list(_calls(measure.value.removeprefix("+86"), stopped=measure.state == State.ACTIVE))


def as_wished(calls: list[dict[str, Any]], measure: Measure) -> bool:
    """Whether the call to a subscriber came out as the measure would have it."""
    told = [call for call in calls if not call["emergency"]]
    return bool(told) and (told[-1]["code"] != 200) == (measure.state == State.ACTIVE)


def _calls(caller: str, *, stopped: bool) -> Iterator[dict[str, Any]]:
    until = time.monotonic() + _LONGEST_S
    while True:
        call = _placed(caller, _VICTIM)
        yield call
        if (call["code"] != 200) == stopped or time.monotonic() > until:
            break
        time.sleep(_PAUSE_S)
    if stopped:
        yield _placed(caller, _EMERGENCY)


def _placed(caller: str, callee: str) -> dict[str, Any]:
    return {**dial(caller, callee), "caller": mask(caller), "callee": mask(callee), "emergency": callee == _EMERGENCY}


def _carries(alert: Alert) -> bool:
    tried = Measure(
        network=alert.network, region=alert.region, kind=alert.kind, value=alert.value, rung="suspend", note="…",
        score=alert.score, families=families_of(alert), rule=alert.rule,
    )  # fmt: skip
    now = timezone.now()
    taken = Measure.objects.about(alert.subject).filter(state__in=(State.PROPOSED, State.ACTIVE)).exists()
    return not taken and not list(lacking(tried, now)) and suppressed_until(tried, now) is None
