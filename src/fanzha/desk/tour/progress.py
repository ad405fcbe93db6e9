"""Decides how far someone is on the tour: what no row of the desk tells is kept in a cookie, which outlives sign-ins.

The tour changes hands four times, and a session ends with each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

from django.core import signing
from django.http import HttpRequest, HttpResponse

from fanzha.desk.alerts.models import Alert
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.measures.choices import State
from fanzha.desk.measures.ladder import ladder
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User

COOKIE = "fanzha_tour"
PROPOSERS = ("analyst", "duty")  # whose alerts the tour may follow, in this order
_SALT = "fanzha.desk.tour"
_DAYS = 7
_GONE = (State.REJECTED, State.WITHDRAWN)

Mark = Literal["read", "refused", "restored", "audit"]


@dataclass(frozen=True)
class Progress:
    """`alert`: the one that the tour follows, "" before it began. `marks`: what was done and left no row."""

    alert: str = ""
    marks: frozenset[str] = frozenset()

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """What this browser's cookie says; nothing where it says nonsense."""
        try:
            kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT)
            return cls(str(kept["alert"]), frozenset(map(str, kept["marks"])))
        except (signing.BadSignature, KeyError, TypeError):
            return cls()

    def marked(self, mark: Mark) -> Self:
        """With one mark more."""
        return replace(self, marks=self.marks | {mark})

    def keep(self, answer: HttpResponse) -> HttpResponse:
        """Send it along."""
        kept = signing.dumps({"alert": self.alert, "marks": sorted(self.marks)}, salt=_SALT)
        answer.set_cookie(COOKIE, kept, max_age=_DAYS * 86400, httponly=True, samesite="Lax")
        return answer


@dataclass(frozen=True)
class Facts:
    """What the desk's rows tell about the tour's alert. `measure`: the last one that stops calls. `proposer`: the
    city analyst, or the provincial duty officer where the alert lies in another city.
    """

    alert: Alert | None = None
    proposer: str = PROPOSERS[0]
    measure: Measure | None = None
    appeal: Appeal | None = None


def facts_of(progress: Progress) -> Facts:
    """By a few small queries; none before the tour began."""
    alert = Alert.objects.filter(pk=progress.alert).first() if progress.alert else None
    if alert is None:
        return Facts()
    people = User.objects.filter(username__in=PROPOSERS, demo=True)
    seeing = {each.username for each in people if Alert.objects.seen_by(each).filter(pk=alert.pk).exists()}
    proposer = next((name for name in PROPOSERS if name in seeing), PROPOSERS[0])
    stops = [each.id for each in ladder().rungs if each.effect == "block"]
    taken = Measure.objects.filter(alert=alert, rung__in=stops).exclude(state__in=_GONE)
    measure = taken.order_by("-pk").first()
    appeal = measure.appeals.order_by("-pk").first() if measure is not None else None
    return Facts(alert, proposer, measure, appeal)
