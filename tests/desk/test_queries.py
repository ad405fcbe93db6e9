"""Holds how many queries each list and each page of a number asks, however many rows it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from fanzha.desk.lists.actions import propose
from fanzha.desk.lists.judging import Line

PINNED = {"lists:list": 12, "measures:list": 9, "entities:page": 12}


@pytest.mark.parametrize("name", PINNED)
def test_a_page_asks_the_same_number_of_queries_for_few_rows_and_for_many(
    name: str, signed_in: Any, people: Any, make_alert: Any, django_assert_num_queries: Callable[[int], Any]
) -> None:
    alert = make_alert("a0")
    address = reverse(name, args=[alert.subject.token] if name == "entities:page" else [])
    client = signed_in("leader")
    for count in (2, 20):
        for at in range(count):
            value = f"+86139071{count:02}{at:03}"
            make_alert(f"a{count}-{at}", value=alert.value if name == "entities:page" else value, scheme=f"s{at}")
            propose(people["leader"], "hb", "block", Line(value=value, reason="police", why="通报"))
        client.get(address)
        with django_assert_num_queries(PINNED[name]):
            client.get(address)
