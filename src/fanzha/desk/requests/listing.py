"""Decides how long lists of requests are paged, and which rate each shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet

from fanzha.desk.alerts.listing import CAP
from fanzha.desk.requests.execution import rate
from fanzha.desk.requests.models import Line, Request


class Plain(Paginator):  # type: ignore[type-arg]
    """Pages over at most CAP rows of any kind."""

    @cached_property
    def count(self) -> int:
        """At most CAP, counted no further."""
        assert isinstance(self.object_list, QuerySet)
        return self.object_list.order_by().values("pk")[:CAP].count()


def with_rates(requests: Iterable[Request]) -> list[tuple[Request, float | None]]:
    """Each request with its 处置率, by one query."""
    rows = list(requests)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Line.objects.filter(request__in=rows).values_list("request", "result").annotate(Count("pk")).order_by()
    for request, result, number in counted:
        found[request][result] = number
    return [(row, rate(found[row.pk])) for row in rows]
