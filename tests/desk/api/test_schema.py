"""Schemathesis sends what the OpenAPI allows, and what it does not, to every route: each answer is as described."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

_EXAMPLES = 3  # of each route, well-formed and ill-formed each


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests use the test's own connection, in whose transaction the rows are, and leave it open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_every_answer_is_one_that_is_described(people: Any, rows: SimpleNamespace) -> None:
    """No 5xx; status, content type and body are the schema's; every write is taken back."""
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis import checks as found_checks
    from schemathesis.core.failures import FailureGroup

    from fanzha.desk.api.actions import add_key
    from fanzha.desk.api.choices import Scope
    from fanzha.desk.api.urls import api

    _key, secret = add_key(None, people["leader"], "key of a test", Scope.values, 30)
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/"))
    schema.app = WSGIHandler()
    names = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
             "response_headers_conformance", "response_schema_conformance")  # fmt: skip
    checks = [each for each in found_checks.CHECKS.get_all() if each.__name__ in names]
    assert len(checks) == len(names)
    headers, wrong, counted = {"Authorization": f"Bearer {secret}"}, [], {}
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @settings(max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(operation.as_strategy(mode), st.booleans())
            def send(case: Any, known: bool) -> None:
                if known:
                    case.path_parameters.update(_known(case, rows))
                with transaction.atomic():
                    try:
                        status = case.call_and_validate(headers=headers, checks=checks).status_code
                        counted[status] = counted.get(status, 0) + 1
                    except FailureGroup as group:
                        wrong.extend(f"{case.operation.label}: {each}" for each in group.exceptions)
                    transaction.set_rollback(True)

            send()
    assert "\n".join(wrong) == ""
    assert counted.keys() >= {200, 404, 422}


def _known(case: Any, rows: SimpleNamespace) -> dict[str, Any]:
    """For the path's parameters those of a row that is there; `act` and `which` are left as drawn."""
    named = {"alerts": rows.alert, "measures": rows.measure, "lists": rows.item, "appeals": rows.appeal,
             "complaints": rows.complaint, "callbacks": rows.callback, "reports": rows.report, "requests": rows.asked,
             "referrals": rows.referral, "rollbacks": rows.undo, "pushes": rows.push}  # fmt: skip
    row = named.get(case.operation.tags[0])
    told = {"pk": row.pk if row else 1, "token": rows.alert.subject.token}
    return {name: value for name, value in told.items() if name in case.path_parameters}
