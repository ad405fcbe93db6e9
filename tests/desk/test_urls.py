"""Walks every address of the desk as every role, in and out of region, and pins who may see what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# What each role gets (status) from each address of the rooms below, for a row in reach; "-" is not asked.
# The order of roles:
ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")
PINNED = {
    "pages:home": (302, 302, 302, 302, 302, 302, 302, 302, 302),
    "pages:alive": (200,) * 9,
    "login:password": (302,) * 9,
    "login:code": (302,) * 9,
    "login:sessions": (200,) * 9,
    "login:change": (200,) * 9,
    "alerts:list": (200, 200, 200, 200, 403, 403, 403, 200, 403),
    "alerts:counts": (200, 200, 200, 200, 403, 403, 403, 200, 403),
    "alerts:fresh": (200, 200, 200, 200, 403, 403, 403, 200, 403),
    "alerts:colours": (200, 200, 200, 200, 403, 403, 403, 200, 403),
    "alerts:detail": (200, 200, 200, 200, 403, 403, 403, 404, 403),
    "entities:search": (200, 200, 200, 403, 403, 403, 403, 200, 403),
    "entities:page": (200, 200, 200, 403, 403, 403, 403, 404, 403),
    "entities:lake": (200, 200, 200, 403, 403, 403, 403, 404, 403),
    "entities:links": (200, 200, 200, 403, 403, 403, 403, 404, 403),
    "entities:peers": (200, 200, 200, 403, 403, 403, 403, 404, 403),
    "masking:ask": (200, 200, 200, 200, 403, 403, 403, 404, 403),
    "alerts:export": (200, 403, 200, 200, 403, 403, 403, 200, 403),
    "audit:export": (403, 403, 200, 200, 403, 403, 403, 200, 403),
    "audit:list": (403, 403, 200, 200, 403, 403, 200, 200, 403),
}
ROOMS = {"pages", "login", "alerts", "entities", "masking", "audit"}  # the others' addresses: beside their own tests
WRITES = {  # POST only: address -> (right kind of body, statuses)
    "alerts:triage": ({"judge": "hold:more", "ids": ["a1"]}, (200, 200, 200, 403, 403, 403, 403, 200, 403)),
    "alerts:judge": ({"judge": "hold:more"}, (302, 302, 302, 403, 403, 403, 403, 404, 403)),
    "alerts:keep_view": ({"name": "v", "query": "band=stop"}, (302, 302, 302, 302, 403, 403, 403, 302, 403)),
    "alerts:drop_view": ({}, (302, 302, 302, 302, 403, 403, 403, 302, 403)),
    "login:end": ({}, (302,) * 9),
    "pages:language": ({"language": "en"}, (302,) * 9),
    "login:out": ({}, (302,) * 9),
}


def _all(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _all(each, (*spaces, each.namespace) if each.namespace else spaces)
        elif isinstance(each, URLPattern):
            yield ":".join((*spaces, str(each.name)))


def _address(name: str, alert: Any) -> str:
    arguments = {
        "alerts:detail": [alert.pk],
        "alerts:judge": [alert.pk],
        "alerts:drop_view": [1],
        "entities:page": [alert.subject.token],
        "entities:lake": [alert.subject.token],
        "entities:links": [alert.subject.token],
        "entities:peers": [alert.subject.token],
        "masking:ask": [alert.subject.token],
        "login:end": [1],
    }
    return reverse(name, args=arguments.get(name, []))


def test_no_address_is_forgotten() -> None:
    names = {name for name in _all(get_resolver()) if name.split(":")[0] in ROOMS}
    assert names == PINNED.keys() | WRITES.keys()


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
def test_reading_in_reach(at: int, signed_in: Callable[[str], Client], make_alert: Any) -> None:
    alert = make_alert("a1", region="420100")
    client = signed_in(ROLES[at])
    found = {name: client.get(_address(name, alert)).status_code for name in PINNED}
    assert found == {name: row[at] for name, row in PINNED.items()}


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
@pytest.mark.parametrize("name", WRITES)
def test_writing_in_reach(at: int, name: str, signed_in: Callable[[str], Client], make_alert: Any) -> None:
    alert = make_alert("a1", region="420100")
    body, statuses = WRITES[name]
    client = signed_in(ROLES[at])
    assert client.get(_address(name, alert)).status_code in (403, 405)
    assert client.post(_address(name, alert), body).status_code == statuses[at]


@pytest.mark.parametrize(("region", "network"), [("420500", "hb"), ("420100", "hn")])
def test_out_of_reach_looks_as_if_it_were_not_there(
    region: str, network: str, signed_in: Callable[[str], Client], make_alert: Any
) -> None:
    """A city analyst and another city's alert; anybody and another operator's network."""
    alert = make_alert("a1", network=network, region=region)
    client = signed_in("analyst")
    for name in ("alerts:detail", "entities:page", "entities:lake", "entities:links", "entities:peers", "masking:ask"):
        assert client.get(_address(name, alert)).status_code == 404, name
    assert client.post(_address("alerts:judge", alert), {"judge": "hold:more"}).status_code == 404
    assert alert.subject.masked not in client.get(reverse("alerts:list")).content.decode()
    assert alert.pk not in client.get(reverse("alerts:fresh") + "?since=1").content.decode()


@pytest.mark.parametrize(
    "name", [name for name in PINNED if name not in ("pages:alive", "login:password", "login:code")]
)
def test_nobody_gets_in_without_signing_in(name: str, make_alert: Any) -> None:
    answer = Client().get(_address(name, make_alert()))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_every_view_is_shut_unless_marked(client: Client, db: None) -> None:
    """A view of any room that forgot its door is closed by the gate."""
    from django.urls import resolve

    assert getattr(resolve("/healthz").func, "public", False)
    assert not getattr(resolve("/alerts/").func, "public", False)


def test_full_numbers_are_nowhere_unless_asked_for(
    signed_in: Callable[[str], Client], make_alert: Any, legible: Callable[[Any], str]
) -> None:
    alert = make_alert("a1", region="420100")
    client = signed_in("leader")
    for name in PINNED:
        assert "13907110002" not in legible(client.get(_address(name, alert))), name
