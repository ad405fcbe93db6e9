"""Schemathesis sends what the gateway's OpenAPI allows, and what it does not, over a socket: answers are as told."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from door import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from fanzha.gateway.http.openapi import document

_EXAMPLES = 10  # of each route, well-formed and ill-formed each


def test_every_answer_is_one_that_is_described(client: Client) -> None:
    """No 500 (501: nobody follows live calls here); content type and body are the schema's, on every route."""
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis import checks as found_checks
    from schemathesis.core.failures import FailureGroup

    schema = schemathesis.openapi.from_dict(json.loads(document()))
    names = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
    checks = [each for each in found_checks.CHECKS.get_all() if each.__name__ in names]
    assert len(checks) == len(names)
    headers, base = {"Authorization": f"Bearer {client.token}"}, f"http://127.0.0.1:{client.port}"
    wrong: list[str] = []
    seen: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @settings(max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(operation.as_strategy(mode))
            def send(case: Any) -> None:
                try:
                    answer = case.call_and_validate(base_url=base, headers=headers, checks=checks)
                    seen.setdefault(case.operation.label, set()).add(answer.status_code)
                except FailureGroup as group:
                    wrong.extend(f"{case.operation.label}: {each}" for each in group.exceptions)

            with suppress(Unsatisfiable):  # a route that takes nothing can be sent nothing wrong
                send()
    assert "\n".join(wrong) == ""
    assert seen["POST /v1/decide"] >= {200, 400}
    assert set().union(*seen.values()) <= {200, 400, 401, 403, 404, 405, 413, 415, 422, 501, 503}
