"""Decides how long lists are paged: at most fifty rows on a page, and no list counted further than people leaf."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest

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


class Plain(Paginator):  # type: ignore[type-arg]
    """Pages over at most CAP rows of any kind, which keep what their query adds to each row."""

    @cached_property
    def count(self) -> int:
        """At most CAP, counted no further."""
        assert isinstance(self.object_list, QuerySet)
        return self.object_list.order_by().values("pk")[:CAP].count()


def states_of(request: HttpRequest, states: type[TextChoices]) -> list[str]:
    """The states that the address asks for; what is none is left out."""
    return [state for state in request.GET.getlist("state") if state in states.values]
