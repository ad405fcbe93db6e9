"""Decides which office stands above a place: of the levels asked, the first that reaches the network and the region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fanzha.desk.callbacks.terms import terms
from fanzha.desk.organisations.models import Grant, Network, Organisation


def office_above(network: str, region: str, levels: Sequence[str], now: datetime) -> Organisation | None:
    """The office that a row goes to; None where no such office is known."""
    holders = holders_of(network, now)
    offices = [
        office
        for office in Organisation.objects.filter(level__in=levels, kind__in=terms().kinds).order_by("pk")
        if region.startswith(office.region) and holders & set(office.line)
    ]
    return min(offices, key=lambda each: (levels.index(each.level), terms().kinds.index(each.kind)), default=None)


def holders_of(network: str, now: datetime) -> set[int]:
    """Organisations that the network's rows are open to, on their own or by grant."""
    granted = Grant.objects.filter(network__code=network, starts__lte=now, expires__gt=now)
    own = Network.objects.filter(code=network).values_list("operator_id", flat=True)
    return {*own, *granted.values_list("organisation_id", flat=True)}
