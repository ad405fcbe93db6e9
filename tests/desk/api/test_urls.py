"""Walks every route of the REST interface as every role and with every scope, in and out of reach."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber", "station")
LIST = (200, 200, 200, 200, 403, 200, 403, 200, 403)  # a clerk sees the list, empty but for what is assigned
ASKED = (200, 200, 200, 200, 403, 403, 403, 200, 403, 200)
UNDO = (403, 403, 200, 403, 403, 403, 403, 200, 403, 403)
CODE = {"number": "13907110002", "code": "WRONGONE"}
PAPER = {"network": "hb", "document": "文1", "issuer": "武汉市公安局", "authority": "city"}
WHICH = {"network": "hb", "rule": "mass.hour", "version": 3, "since": "2026-01-01T00:00:00Z",
         "until": "2036-01-01T00:00:00Z"}  # fmt: skip
FILE = {"file": SimpleUploadedFile("a.csv", b"no such file")}
PROOFS = {"proofs": SimpleUploadedFile("a.png", bytes.fromhex("89504e470d0a1a0a"))}
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
    ("post", "file_appeal"): ("appeals.file", {**CODE, "statement": "我是快递员"},
                              (422, 422, 422, 422, 403, 422, 403, 422, 403, 403)),
    ("post", "file_appeal_with_proofs"): ("appeals.file", {**CODE, "statement": "我是快递员", **PROOFS},
                                          (422, 422, 422, 422, 403, 422, 403, 422, 403, 403)),
    ("get", "appeal_proof"): ("appeals.read", None, (404,) * 4 + (403, 404, 403, 404, 403, 403)),  # none came with it
    ("post", "follow_appeal"): ("appeals.file", CODE, (422, 422, 422, 422, 403, 422, 403, 422, 403, 403)),
    ("get", "complaints"): ("complaints.read", None, (200, 200, 200, 200, 403, 403, 403, 200, 403, 403)),
    ("get", "complaint"): ("complaints.read", None, (200, 200, 200, 200, 403, 403, 403, 404, 403, 403)),
    ("post", "file_complaint"): ("complaints.write", {"network": "hb", "number": "13907110008",
                                                      "complainant": "13607110008"},
                                 (200, 200, 403, 403, 403, 200, 403, 403, 403, 403)),
    ("post", "bring_complaints"): ("complaints.write", FILE, (422, 422, 403, 403, 403, 422, 403, 403, 403, 403)),
    ("post", "act_on_complaint"): ("complaints.write", {"reason": "已核实"},
                                   (200, 200, 200, 403, 403, 403, 403, 404, 403, 403)),
    ("get", "callbacks"): ("callbacks.read", None, ASKED),
    ("get", "callback"): ("callbacks.read", None, (*ASKED[:7], 404, 403, 404)),
    ("post", "act_on_callback"): ("callbacks.write", {}, (200, 200, 200, 403, 403, 403, 403, 404, 403, 404)),
    ("get", "notices"): ("notices.read", None, (*LIST, 200)),
    ("post", "choose_language"): ("notices.write", None, (403, 200, 200, 403, 403, 403, 403, 404, 403, 403)),
    ("post", "send_notice_again"): ("notices.write", {}, (422, 422, 422, 422, 403, 404, 403, 404, 403, 404)),
    ("get", "reports"): ("reports.read", None, (200, 200, 200, 403, 403, 403, 403, 200, 403, 200)),
    ("get", "report"): ("reports.read", None, (200, 200, 200, 403, 403, 403, 403, 404, 403, 404)),
    ("post", "trace"): ("reports.write", None, (400, 400, 400, 403, 403, 403, 403, 404, 403, 404)),  # no lake here
    ("post", "act_on_report"): ("reports.write", {}, (403, 403, 422, 403, 403, 403, 403, 404, 403, 404)),
    ("get", "overview"): ("reports.read", None, (200, 200, 200, 200, 403, 403, 403, 200, 403, 403)),
    ("get", "requests"): ("requests.read", None, ASKED),
    ("get", "request"): ("requests.read", None, (*ASKED[:7], 404, 403, 404)),
    ("get", "request_numbers"): ("requests.read", None, (*ASKED[:7], 404, 403, 404)),
    ("post", "file_request"): ("requests.write", {**PAPER, "number": "13907110003"},
                               (200, 403, 403, 403, 403, 403, 403, 403, 403, 200)),
    ("post", "try_request"): ("requests.write", {**PAPER, **FILE}, (422, *(403,) * 8, 422)),
    ("post", "act_on_request"): ("requests.write", {"reason": "不符"},
                                 (403, 200, 200, 403, 403, 403, 403, 404, 403, 404)),
    ("get", "referrals"): ("requests.read", None, ASKED),
    ("post", "act_on_referral"): ("requests.write", {"receipt": "回1", "reason": "已办"},
                                  (403, 422, 422, 403, 403, 403, 403, 404, 403, 404)),
    ("get", "rollbacks"): ("rollbacks.read", None, UNDO),
    ("get", "rollback"): ("rollbacks.read", None, (*UNDO[:7], 404, 403, 403)),
    ("post", "count_rollback"): ("rollbacks.read", WHICH, UNDO),
    ("post", "propose_rollback"): ("rollbacks.write", {**WHICH, "reason": "误设"}, (*UNDO[:7], 403, 403, 403)),
    ("post", "act_on_rollback"): ("rollbacks.write", {"reason": "不必"}, (*UNDO[:7], 404, 403, 403)),
    ("get", "pushes"): ("pushes.read", None, ASKED),
    ("get", "push"): ("pushes.read", None, (200, 404, 200, 200, 403, 403, 403, 404, 403, 404)),
    ("post", "sign_push"): ("pushes.write", {}, (200, 403, 403, 403, 403, 403, 403, 403, 403, 404)),
    ("post", "answer_push"): ("pushes.write", {"answers": [{"rank": 1, "answer": "true"}], "told": "属实"},
                              (422, 403, 403, 403, 403, 403, 403, 403, 403, 404)),
}  # fmt: skip

NO_ROW = {
    "overview",
    "search",
    "propose_item",
    "file_appeal",
    "file_appeal_with_proofs",
    "follow_appeal",
    "file_complaint",
    "bring_complaints",
}


def address(name: str, rows: SimpleNamespace) -> str:
    """Of one route, for the rows."""
    arguments: dict[str, list[Any]] = {
        "alert": [rows.alert.pk], "judge_alert": [rows.alert.pk, "hold"], "entity": [rows.alert.subject.token],
        "measure": [rows.measure.pk], "act_on_measure": [rows.measure.pk, "lift"], "list": ["block"],
        "propose_item": ["block"], "item": ["block", rows.item.pk], "act_on_item": ["block", rows.item.pk, "remove"],
        "appeal": [rows.appeal.pk], "appeal_proof": [rows.appeal.pk, 1],
        "act_on_appeal": [rows.appeal.pk, "acknowledge"],
        "complaint": [rows.complaint.pk], "act_on_complaint": [rows.complaint.pk, "uphold"],
        "callback": [rows.callback.pk], "act_on_callback": [rows.callback.pk, "sign"],
        "send_notice_again": [rows.measure.notices.get().pk],
        "report": [rows.report.pk], "act_on_report": [rows.report.pk, "return"],
        "request": [rows.asked.pk], "request_numbers": [rows.asked.pk], "act_on_request": [rows.asked.pk, "refuse"],
        "act_on_referral": [rows.referral.pk, "answer"], "rollback": [rows.undo.pk],
        "act_on_rollback": [rows.undo.pk, "reject"], "push": [rows.push.pk], "sign_push": [rows.push.pk],
        "answer_push": [rows.push.pk],
    }  # fmt: skip
    query = "?network=hb" if name == "bring_complaints" else ""
    return reverse(f"api:{name}", args=arguments.get(name, [])) + query


def ask(client: Client, method: str, name: str, rows: SimpleNamespace) -> Any:
    """One request, whose changes are taken back; each write under a name of its own."""
    _scope, body, _statuses = ROUTES[method, name]
    if name == "choose_language":
        body = {"token": rows.alert.subject.token, "language": "en"}
    if name == "trace":
        body = {"token": rows.alert.subject.token}
    with transaction.atomic():
        answer = _sent(client, method, name, body, rows)
        transaction.set_rollback(True)
    return answer


def _sent(client: Client, method: str, name: str, body: Any, rows: SimpleNamespace) -> Any:
    if method == "get":
        return client.get(address(name, rows))
    once = {"idempotency-key": f"test of {name}"}
    if sent := [each for each in body.values() if isinstance(each, SimpleUploadedFile)]:
        sent[0].seek(0)
        return client.post(address(name, rows), body, headers=once)
    return client.post(address(name, rows), body, content_type="application/json", headers=once)


def test_no_route_is_forgotten() -> None:
    from fanzha.desk.api.urls import api

    found = set()
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            found |= {(method.lower(), each.url_name) for each in view.operations for method in each.methods}
    assert found == ROUTES.keys()


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
def test_every_role(at: int, caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    client = caller(ROLES[at])
    for (method, name), (_scope, _body, statuses) in ROUTES.items():
        answer = ask(client, method, name, rows)
        assert answer.status_code == statuses[at], (name, answer.content.decode())
        for end in (b"02", b"09", b"04", b"06"):
            assert b"39071100" + end not in answer.content, name


def test_every_scope_opens_its_own_routes_only(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    from fanzha.desk.api.choices import Scope

    for scope in Scope.values:
        client = caller("leader", scope)
        for method, name in ROUTES:
            status = ask(client, method, name, rows).status_code
            wanted, _body, statuses = ROUTES[method, name]
            shut = wanted != scope or statuses[ROLES.index("leader")] == 403
            assert (status == 403) == shut, (scope, name, status)


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
    for row in vars(rows).values():
        type(row).objects.filter(pk=row.pk).update(region="420500")
    rows.alert.region = "420500"
    rows.measure.notices.update(region="420500")
    client = caller("analyst")
    for method, name in ROUTES:
        answer = ask(client, method, name, rows)
        if "rows" in (told := answer.json()):
            assert told["rows"] == [], name
        elif name not in NO_ROW:
            assert answer.status_code in (403, 404), (name, answer.content.decode())


def test_description_is_for_people_who_are_signed_in(signed_in: Callable[[str], Client]) -> None:
    for name in ("openapi-json", "openapi-view"):
        assert Client().get(reverse(f"api:{name}")).status_code == 302
        assert signed_in("analyst").get(reverse(f"api:{name}")).status_code == 200
    page = signed_in("analyst").get(reverse("api:openapi-view")).content.decode()
    assert "https://" not in page
    assert "http://" not in page
