"""What nobody's browser sends: no address of a list fails on a filter that is nonsense, on either engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

_NONSENSE = ("a\x00b", "9999-12-31", "'\"><script>alert(1)</script>\ud800")
_NAMES = (
    "page", "state", "band", "scheme", "kind", "region", "since", "until", "order", "overdue", "mine", "rung", "rule",
    "subject", "action", "list", "soon", "q", "network", "number", "day",
)  # fmt: skip
_LISTS = (
    "alerts:list", "alerts:fresh", "alerts:export", "measures:list", "measures:export", "audit:list", "audit:export",
    "appeals:queue", "lists:list", "lists:export", "requests:list", "complaints:list", "callbacks:queue",
    "notices:list", "supervision:list", "pushes:list", "tracing:list", "lab:list", "keys:list", "overview:page",
    "entities:search", "learning:list",
)  # fmt: skip


@pytest.mark.parametrize("value", _NONSENSE, ids=range(len(_NONSENSE)))
def test_a_list_refuses_nonsense_or_passes_over_it(
    value: str, signed_in: Callable[[str], Client], make_alert: Any
) -> None:
    make_alert("a1", region="420100")
    leader = signed_in("leader")
    for name in _LISTS:
        query = urlencode(dict.fromkeys(_NAMES, value), errors="surrogatepass")
        answer = leader.get(f"{reverse(name)}?{query}")
        assert answer.status_code < 500, name
        assert b"<script>alert(1)" not in (b"" if answer.streaming else answer.content), name
    admin = signed_in("admin")
    for name in ("people:list", "people:offices"):
        assert admin.get(f"{reverse(name)}?{urlencode({'q': value}, errors='surrogatepass')}").status_code < 500, name
