"""Decides when appeals show that a rule is wrong too often to go on: it falls to shadow until a person has looked."""

from __future__ import annotations

from datetime import datetime, timedelta

from fanzha.desk.lab.actions import trip
from fanzha.desk.lab.choices import ACTING, Trip
from fanzha.desk.lab.measured import appeals_of
from fanzha.desk.lab.models import Version
from fanzha.desk.lab.terms import terms
from fanzha.desk.measures.models import Measure


def turn(now: datetime) -> int:
    """For a timer: trip every acting rule whose appeals pass too often; how many."""
    bounds = terms().appeals
    since = now - timedelta(days=bounds.days)
    appealed = Measure.objects.filter(appeals__decided_at__gte=since).values_list("network", "rule").distinct()
    names = set(appealed.order_by())
    tripped = 0
    for version in Version.objects.filter(state__in=ACTING):
        if (version.network, version.name) not in names:
            continue
        # A person who let it act again has seen the appeals before that.
        decided, upheld = appeals_of(version, max(since, version.moved_at))
        if decided >= bounds.least and upheld > bounds.share * decided:
            tripped += trip(version, Trip.APPEALS, {"decided": decided, "upheld": upheld}, now)
    return tripped
