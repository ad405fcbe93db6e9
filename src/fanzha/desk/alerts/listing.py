"""Decides which alerts one page of the list holds, and how they are counted without counting them all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.http import QueryDict

from fanzha.desk.alerts.forms import ORDERS, FilterForm
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.alerts.words import Grade, words
from fanzha.desk.pages.paging import rows_of
from fanzha.desk.rights.seats import Anyone


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
