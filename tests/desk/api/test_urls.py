"""Walks every route of the REST interface as every role and with every scope, in and out of reach."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber", "station")
LIST = (200, 200, 200, 200, 403, 200, 403, 200, 403)  # a clerk sees the list, empty but for what is assigned
ROW = (200, 200, 200, 200, 403, 404, 403, 404, 403)
ROUTES: dict[tuple[str, str], tuple[str, Any, tuple[int, ...]]] = {  # method, url name -> scope, body, status by role
    ("get", "alerts"): ("alerts.read", None, (200, 200, 200, 200, 403, 403, 403, 200, 403, 200)),
    ("get", "alert"): ("alerts.read", None, (200, 200, 200, 200, 403, 403, 403, 404, 403, 404)),
    ("post", "judge_alert"): ("alerts.write", {"why": "more", "reason": "再查"},
                              (200, 200, 200, 403, 403, 403, 403, 404, 403, 404)),
    ("post", "search"): ("entities.read", {"what": "13907110002"}, (200, 200, 200, 403, 403, 403, 403, 200, 403, 422)),
    ("get", "entity"): ("entities.read", None, (200, 200, 200, 403, 403, 403, 403, 404, 403, 404)),
    ("get", "measures"): ("measures.read", None, (*LIST, 200)),
    ("get", "measure"): ("measures.read", None, (*ROW, 404)),
    ("post", "propose_measure"): ("measures.write", {"alert": "a1", "rung": "verify"},
                                  (200, 200, 200, 403, 403, 403, 403, 404, 403, 403)),
    ("post", "act_on_measure"): ("measures.write", {}, (403, 403, 422, 403, 403, 404, 403, 404, 403, 404)),
    ("get", "list"): ("lists.read", None, (200, 200, 200, 200, 403, 403, 403, 200, 403, 403)),
    ("get", "item"): ("lists.read", None, (200, 200, 200, 200, 403, 403, 403, 404, 403, 403)),
    ("post", "propose_item"): ("lists.write", {"network": "hb", "value": "13907110055", "reason": "police",
                                               "document": "文"}, (403, 200, 200, 403, 403, 403, 403, 403, 403, 403)),
    ("post", "act_on_item"): ("lists.write", {}, (403, 403, 422, 403, 403, 403, 403, 404, 403, 403)),
    ("get", "appeals"): ("appeals.read", None, (*LIST, 403)),
    ("get", "appeal"): ("appeals.read", None, (*ROW, 403)),
    ("post", "act_on_appeal"): ("appeals.write", {}, (403, 200, 200, 403, 403, 403, 403, 404, 403, 403)),
}  # fmt: skip


def address(name: str, rows: SimpleNamespace) -> str:
    """Of one route, for the rows."""
    arguments: dict[str, list[Any]] = {
        "alert": [rows.alert.pk], "judge_alert": [rows.alert.pk, "hold"], "entity": [rows.alert.subject.token],
        "measure": [rows.measure.pk], "act_on_measure": [rows.measure.pk, "lift"], "list": ["block"],
        "propose_item": ["block"], "item": ["block", rows.item.pk], "act_on_item": ["block", rows.item.pk, "remove"],
        "appeal": [rows.appeal.pk], "act_on_appeal": [rows.appeal.pk, "acknowledge"],
    }  # fmt: skip
    return reverse(f"api:{name}", args=arguments.get(name, []))


def ask(client: Client, method: str, name: str, rows: SimpleNamespace) -> Any:
    """One request; each write under a name of its own."""
    _scope, body, _statuses = ROUTES[method, name]
    if method == "get":
        return client.get(address(name, rows))
    once = {"idempotency-key": f"test of {name}"}
    return client.post(address(name, rows), body, content_type="application/json", headers=once)


def test_no_route_is_forgotten() -> None:
    from fanzha.desk.api.urls import api

    found = set()
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            found |= {(method.lower(), each.url_name) for each in view.operations for method in each.methods}
    assert found == ROUTES.keys()


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
@pytest.mark.parametrize(("method", "name"), ROUTES)
def test_every_role(at: int, method: str, name: str, caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    answer = ask(caller(ROLES[at]), method, name, rows)
    assert answer.status_code == ROUTES[method, name][2][at], answer.content.decode()
    assert b"3907110002" not in answer.content
    assert b"3907110009" not in answer.content


def test_every_scope_opens_its_own_routes_only(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    from fanzha.desk.api.choices import Scope

    for scope in Scope.values:
        client = caller("leader", scope)
        for method, name in ROUTES:
            status = ask(client, method, name, rows).status_code
            assert (status == 403) == (ROUTES[method, name][0] != scope), (scope, name, status)


def test_without_a_key_in_force_nothing_opens(
    caller: Callable[..., Client], signed_in: Callable[[str], Client], rows: SimpleNamespace, people: Any
) -> None:
    from django.utils import timezone

    from fanzha.desk.api.actions import revoke_key
    from fanzha.desk.api.models import Key

    expired, revoked, gone = caller("leader"), caller("leader"), caller("duty")
    keys = list(Key.objects.order_by("pk"))
    Key.objects.filter(pk=keys[0].pk).update(expires=timezone.now())
    revoke_key(None, keys[1])
    type(people["duty"]).objects.filter(pk=people["duty"].pk).update(is_active=False)
    wrong = Client(headers={"authorization": "Bearer fz_guess"})
    for client in (expired, revoked, gone, wrong, Client(), signed_in("leader")):
        for method, name in ROUTES:
            assert ask(client, method, name, rows).status_code == 401, name


def test_out_of_reach_looks_as_if_it_were_not_there(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    for row in (rows.alert, rows.measure, rows.appeal, rows.item):
        type(row).objects.filter(pk=row.pk).update(region="420500")
    rows.alert.region = "420500"
    client = caller("analyst")
    for method, name in ROUTES:
        answer = ask(client, method, name, rows)
        if name in ("alerts", "measures", "list", "appeals"):
            assert answer.json()["rows"] == [], name
        elif name not in ("search", "propose_item"):
            assert answer.status_code == 404, (name, answer.content.decode())


def test_description_is_for_people_who_are_signed_in(signed_in: Callable[[str], Client]) -> None:
    for name in ("openapi-json", "openapi-view"):
        assert Client().get(reverse(f"api:{name}")).status_code == 302
        assert signed_in("analyst").get(reverse(f"api:{name}")).status_code == 200
    page = signed_in("analyst").get(reverse("api:openapi-view")).content.decode()
    assert "https://" not in page
    assert "http://" not in page
