from __future__ import annotations

import pytest
from messages import PEER, code_of
from sham import Sham, responder
from torture import INVALID, VALID

from fanzha.gateway.sip.responder import Reply


@pytest.mark.parametrize(("data", "expected"), [pytest.param(*case[1:], id=case[0]) for case in (*VALID, *INVALID)])
def test_rfc_4475_cases_get_the_answer_they_should(data: bytes, expected: int | None) -> None:
    engine = Sham()
    answer = responder(engine).receive(data, PEER, 0.0)
    assert isinstance(answer, Reply | None)
    assert (answer and code_of(answer.data)) == expected
    if expected != 404:
        assert engine.asked == []
