"""Decides which alerts one page of the list holds, and how they are counted without counting them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
CAP = 2_000  # more are told as "2,000 and more": people narrow, they do not leaf through forty pages


class Pages(Paginator):  # type: ignore[type-arg]
    """Pages over at most CAP rows of any kind, which must have an order.

    The ids come in order, from an index where there is one for it, and are what is counted: one query for both.
    """

    @cached_property
    def ids(self) -> list[Any]:
        """The first CAP."""
        assert isinstance(self.object_list, QuerySet)
        return list(self.object_list.values_list("pk", flat=True)[:CAP])

    @cached_property
    def count(self) -> int:
        """At most CAP."""
        return len(self.ids)

    def page(self, number: int | str) -> Page[Any]:
        """The rows of one page by their ids: sorting whole rows would carry everything along."""
        assert isinstance(self.object_list, QuerySet)
        at = self.validate_number(number)
        return Page(rows_of(self.object_list, self.ids[(at - 1) * self.per_page : at * self.per_page]), at, self)


def rows_of(found: QuerySet[Any], ids: Sequence[Any]) -> list[Any]:
    """The rows of these ids of a query, in their order, with the related ones that the query takes along.

    By nothing but the ids: with the query's own conditions beside them an engine may take the wrong index.
    """
    same = found.model._default_manager.filter(pk__in=ids)
    same.query.select_related = found.query.select_related
    rows = {row.pk: row for row in same}
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
    """The rows, ready to be cut into pages; by deadline, only those that have one."""
    order = filters.get("order") or "score"
    rows: QuerySet[Alert] = Alert.objects.seen_by(user).narrowed(filters, user).order_by(*ORDERS[order])
    return rows.filter(due_at__isnull=False) if order == "due" else rows


def arrived(user: Anyone, filters: dict[str, Any], since: datetime, until: datetime, most: int) -> list[Alert]:
    """The newest that arrived after `since`, under the same filters, the newest first."""
    found = listed(user, filters).filter(taken_at__gt=since, taken_at__lte=until).order_by(*ORDERS["taken"])
    return rows_of(found, list(found.values_list("pk", flat=True)[:most]))


def waiting(user: Anyone) -> list[tuple[Grade, int]]:
    """How many alerts of each band are still to be judged."""
    rows = Alert.objects.seen_by(user).filter(state__in=UNDECIDED).order_by().values_list("band")
    found = dict(rows.annotate(number=Count("pk")))
    return [(grade, found.get(grade.id, 0)) for grade in words().grades]
