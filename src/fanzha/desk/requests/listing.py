"""Decides which rate of disposal 处置率 each request of a list shows, and how many numbers each referral has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count

from fanzha.desk.requests.execution import rate
from fanzha.desk.requests.models import Line, Request


def with_rates(requests: Iterable[Request]) -> list[tuple[Request, float | None]]:
    """Each request with its 处置率, by one query."""
    rows = list(requests)
    rates = rates_of([row.pk for row in rows])
    return [(row, rates[row.pk]) for row in rows]


def rates_of(requests: Iterable[int]) -> dict[int, float | None]:
    """The 处置率 of each request, by its id."""
    ids = list(requests)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Line.objects.filter(request__in=ids).values_list("request", "result").annotate(Count("pk")).order_by()
    for request, result, number in counted:
        found[request][result] = number
    return {each: rate(found[each]) for each in ids}


def lines_of(referrals: Iterable[int]) -> dict[int, int]:
    """How many numbers each referral has, by its id, by one query."""
    found = Line.objects.filter(referral__in=list(referrals)).values_list("referral").annotate(Count("pk")).order_by()
    return {referral: number for referral, number in found if referral is not None}
