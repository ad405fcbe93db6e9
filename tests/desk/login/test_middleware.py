"""Holds what the gate tells a page that stood open while its session ended, or while somebody else signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

_PART = {"hx-request": "true"}


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/alerts/?band=stop", "/alerts/%3Fband%3Dstop"),
        ("http://evil.example/alerts/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_is_where_one_was(db: None, page: str, back: str) -> None:
    answer = Client().get(reverse("alerts:fresh"), headers={**_PART, "hx-current-url": page})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{reverse('login:password')}?next={back}")


def test_a_page_drawn_for_somebody_else_is_drawn_anew(people: Any, signed_in: Callable[[str], Client]) -> None:
    """Two tabs share a session: the first one's rows are no longer those of the name above them."""
    client, mine = signed_in("leader"), str(people["leader"].pk)
    assert f'"X-Page-Of": "{mine}"' in client.get(reverse("alerts:list")).content.decode()
    asked = client.get(reverse("alerts:counts"), headers={**_PART, "x-page-of": mine})
    assert asked.status_code == 200
    other = client.get(reverse("alerts:counts"), headers={**_PART, "x-page-of": str(people["analyst"].pk)})
    assert (other.status_code, other.headers["HX-Refresh"]) == (204, "true")
