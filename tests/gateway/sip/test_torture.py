from __future__ import annotations

import pytest
from messages import CALLER, PEER, code_of, header
from sham import BLOCKED, Sham, responder
from torture import GO, INVALID, LIBERAL, VALID

from fanzha.gateway.sip.responder import Reply


@pytest.mark.parametrize(("data", "expected"), [pytest.param(*case[1:], id=case[0]) for case in (*VALID, *INVALID)])
def test_rfc_4475_cases_get_the_answer_they_should(data: bytes, expected: int | None) -> None:
    engine = Sham()
    answer = responder(engine).receive(data, PEER, 0.0)
    assert isinstance(answer, Reply | None)
    assert (answer and code_of(answer.data)) == expected
    if expected != 404:
        assert engine.asked == []


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data, _ in LIBERAL])
def test_what_rfc_4475_lets_a_receiver_repair_is_judged_and_the_fault_named(data: bytes) -> None:
    engine = Sham()
    answer = responder(engine).receive(data, PEER, 0.0)
    assert isinstance(answer, Reply)
    assert code_of(answer.data) == GO
    assert [bool(call.fault) for call in engine.asked] == [True]
    listed = data.replace(CALLER.encode(), BLOCKED.encode())
    refused = responder(Sham()).receive(listed, PEER, 0.0)
    assert isinstance(refused, Reply)
    assert (
        code_of(refused.data) == 400
    )  # never a refusal for that; what stands against the caller is for an edge to read
    assert header(refused.data, "X-Fanzha-Verdict") == ["block 603 Decline"]
