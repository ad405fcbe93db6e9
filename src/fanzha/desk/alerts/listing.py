"""Decides which alerts one page of the list holds, and how they are counted without counting them all."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import QueryDict

from fanzha.desk.alerts.forms import ORDERS, FilterForm
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.alerts.words import Grade, words
from fanzha.desk.rights.seats import Anyone

ROWS = 50
CAP = 10_000  # more are told as "10,000 and more": people narrow, they do not leaf through two hundred pages


class Pages(Paginator):  # type: ignore[type-arg]
    """Pages over at most CAP rows of any kind."""

    @cached_property
    def count(self) -> int:
        """At most CAP, counted by an index and no further."""
        assert isinstance(self.object_list, QuerySet)
        return self.object_list.order_by().values("pk")[:CAP].count()


class AlertPages(Pages):
    """Pages of alerts."""

    def page(self, number: int | str) -> Page[Alert]:
        """The ids of one page from the index, then its rows: sorting whole rows would carry every body along."""
        found = super().page(number)
        assert isinstance(self.object_list, QuerySet)
        start = (found.number - 1) * self.per_page
        return Page(rows_of(self.object_list, start, start + self.per_page), found.number, self)


def rows_of(found: QuerySet[Alert], start: int, end: int) -> list[Alert]:
    """Rows [start, end) of an ordered query, by their ids."""
    ids = list(found.values_list("pk", flat=True)[start:end])
    rows = Alert.objects.in_bulk(ids)
    return [rows[each] for each in ids if each in rows]


def wanted(query: QueryDict) -> tuple[FilterForm, dict[str, Any]]:
    """The filters of a query; without any, what is still to be judged."""
    form = FilterForm(query)
    form.is_valid()
    found = {name: value for name, value in form.cleaned_data.items() if value}
    narrowing = set(found) - {"order"}
    if not narrowing and not set(query) & set(form.fields):
        found["state"] = [state.value for state in UNDECIDED]
    return form, found


def listed(user: Anyone, filters: dict[str, Any]) -> QuerySet[Alert]:
    """The rows, ready to be cut into pages."""
    order = ORDERS[filters.get("order") or "score"]
    rows: QuerySet[Alert] = Alert.objects.seen_by(user).narrowed(filters, user).order_by(*order)
    return rows


def waiting(user: Anyone) -> list[tuple[Grade, int]]:
    """How many alerts of each band are still to be judged."""
    rows = Alert.objects.seen_by(user).filter(state__in=UNDECIDED).order_by().values_list("band")
    found = dict(rows.annotate(number=Count("pk")))
    return [(grade, found.get(grade.id, 0)) for grade in words().grades]
