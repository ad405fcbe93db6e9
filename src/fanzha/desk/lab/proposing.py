"""Decides what a rule that acts does by itself about its alerts, as far as the ladder lets it and its budget lasts.

It reads the watcher's outbox behind the alerts' own intake, from a cursor, so each telling of an alert is weighed once;
taken twice, the second time finds the measure there. Never a suspension: the ladder wants people's own words for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import override

from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.models import Cursor as Taken
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.alerts.source import AlertSource, OutboxSource
from fanzha.desk.lab.actions import trip
from fanzha.desk.lab.choices import Trip
from fanzha.desk.lab.models import Cursor, Spent, Version
from fanzha.desk.lab.terms import terms
from fanzha.desk.measures import actions as measures
from fanzha.desk.measures.choices import Kind
from fanzha.desk.measures.choices import State as MeasureState
from fanzha.desk.measures.evidence import families_of, lacking
from fanzha.desk.measures.ladder import Rung, rung, rung_for, rungs
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import Network
from fanzha.errors import Refused

MOST = 200  # alert rows of one turn of one network
_NOTE = "规则自动 by rule"


def turn(now: datetime) -> int:
    """For a timer: weigh what every network's watcher told since the last look; how many measures came of it."""
    networks = Network.objects.order_by("code").values_list("code", flat=True)
    return sum(
        weigh(OutboxSource(settings.HOME / "watch" / network / "outbox.sqlite"), network, now) for network in networks
    )


def weigh(source: AlertSource, network: str, now: datetime) -> int:
    """One network's next rows, as far as the desk has taken them in. What lay there before the first look is left."""
    taken = Taken.objects.filter(network=network).values_list("position", flat=True).first() or 0
    cursor, _ = Cursor.objects.get_or_create(network=network, name="proposing", defaults={"position": taken})
    rows = [row for row in source.after(cursor.position, MOST) if row[0] <= taken]
    if not rows:
        return 0
    acting = {each.name: each for each in Version.objects.acting(network)}
    since = now - timedelta(hours=terms().fresh_hours)
    fresh = [alert for alert in _told(rows) if alert.last_seen >= since]
    done = sum(propose(alert, acting, now) for alert in fresh if alert.rule in acting)
    Cursor.objects.filter(pk=cursor.pk).update(position=rows[-1][0])
    return done


def _told(rows: Sequence[tuple[int, dict[str, Any]]]) -> list[Alert]:
    """The alerts of these rows as they stand now, undecided, in the order they were told."""
    names = list(dict.fromkeys(str(body["id"]) for _n, body in rows))
    found = Alert.objects.filter(state__in=UNDECIDED).in_bulk(names)
    return [found[name] for name in names if name in found]


def propose(alert: Alert, acting: dict[str, Version], now: datetime) -> bool:
    """What the alert's rule does about it; whether a measure came of it. A spent budget trips the rule instead."""
    version, step = acting[alert.rule], carried(alert, now)
    if step is None or _held(alert, step):
        return False
    over = _over(version, alert, step, now)
    if over is not None:
        del acting[alert.rule]
        trip(version, over, _where(alert), now)
        return False
    try:
        with override("zh-hans"), transaction.atomic():
            _spend(version, alert, step, now)
            wish = measures.Wish(step.id, note=_NOTE)
            (measures.propose_by_rule if step.approval == "auto" else measures.leave_proposed)(alert, wish)
    except Refused:  # the same rule was wrong about this number before, or the rung is there already
        return False
    return True


def carried(alert: Alert, now: datetime) -> Rung | None:
    """The hardest rung, up to what detection proposes, that a rule may take by itself and this alert's evidence bears.

    A rung that wants a person's own words is not among them.
    """
    wanted = rung_for(alert.measure)
    if wanted is None or alert.kind not in Kind.values:
        return None
    for name in _down_from(wanted):
        tried = Measure(
            network=alert.network, kind=alert.kind, value=alert.value, rung=name, score=alert.score,
            families=families_of(alert),
        )  # fmt: skip
        if not list(lacking(tried, now)):
            return rung(name)
    return None


def _down_from(wanted: Rung) -> list[str]:
    """The rungs to try, hardest first: the one wanted, where a rule may, then the milder ones of lab.yaml."""
    order = terms().rungs
    if wanted.id in order:
        return order[: order.index(wanted.id) + 1][::-1]
    ranks = list(rungs())
    milder = [name for name in reversed(order) if ranks.index(name) < ranks.index(wanted.id)]
    return [wanted.id, *milder] if wanted.approval == "auto" else milder


def _held(alert: Alert, step: Rung) -> bool:
    """Whether something as hard holds already, or was asked for."""
    order = list(rungs())
    harder = order[order.index(step.id) :]
    same = Measure.objects.about(alert.subject).filter(state__in=(MeasureState.PROPOSED, MeasureState.ACTIVE))
    return same.filter(rung__in=harder).exists()


def _over(version: Version, alert: Alert, step: Rung, now: datetime) -> Trip | None:
    """Which budget this measure would overdraw."""
    spent = Spent.objects.filter(version=version, **_place(alert, now)).first() or Spent()
    if spent.proposals + 1 > version.most_proposals:
        return Trip.PROPOSALS
    return Trip.MEASURES if step.approval == "auto" and spent.measures + 1 > version.most_measures else None


def _spend(version: Version, alert: Alert, step: Rung, now: datetime) -> None:
    spent, _ = Spent.objects.get_or_create(version=version, **_place(alert, now))
    at_once = 1 if step.approval == "auto" else 0
    Spent.objects.filter(pk=spent.pk).update(proposals=F("proposals") + 1, measures=F("measures") + at_once)


def _place(alert: Alert, now: datetime) -> dict[str, Any]:
    return {"province": alert.region[:2], "hour": now.replace(minute=0, second=0, microsecond=0)}


def _where(alert: Alert) -> dict[str, str]:
    return {"province": alert.region[:2]}


def forget(now: datetime) -> int:
    """For a timer: what was spent in hours long past."""
    return Spent.objects.filter(hour__lt=now - timedelta(days=terms().hits_days)).delete()[0]
