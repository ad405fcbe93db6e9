"""One row of each kind, and keys for people, for the tests of the REST interface."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def rows(people: Any, make_alert: Any) -> SimpleNamespace:
    """One of each, in Wuhan, on our network."""
    from fanzha.desk.appeals import actions as appeals
    from fanzha.desk.lists import actions as lists
    from fanzha.desk.lists.judging import Line
    from fanzha.desk.measures.actions import Wish, propose

    alert = make_alert("a1", region="420100", score=95.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
    appeal = appeals.file(measure, "我是快递员")
    line = Line("13907110009", reason="police", document="文")
    item = lists.approve(people["leader2"], lists.propose(people["analyst"], "hb", "block", line).pk)
    return SimpleNamespace(alert=alert, measure=measure, appeal=appeal, item=item)


@pytest.fixture
def caller(people: Any) -> Callable[..., Client]:
    """A client with a key of someone, with all scopes or those given."""

    def make(name: str, *scopes: str, days: int = 30) -> Client:
        from fanzha.desk.api.actions import add_key
        from fanzha.desk.api.choices import Scope

        _key, secret = add_key(None, people[name], f"key of {name}", scopes or Scope.values, days)
        return Client(headers={"authorization": f"Bearer {secret}", "accept-language": "zh-CN"})

    return make
