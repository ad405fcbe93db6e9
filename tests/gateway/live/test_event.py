from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.gateway.live.event import DialogEvent, DialogState, read_dialog

REPORT = (
    b"Call-ID: a@b:5\r\nState: terminated\r\nFrom-Tag: f\r\nTo-Tag: t\r\nCaller: +8613812345678\r\n"
    b"Callee: 110\r\nCause: Q.850;cause=16\r\nSomething: new\r\n"
)


def test_a_report_is_read() -> None:
    found = read_dialog(REPORT, 7, "127.0.0.1")
    assert found == DialogEvent(
        key="a@b:5", state=DialogState.TERMINATED, at=7, from_tag="f", to_tag="t", caller="+8613812345678",
        callee="110", cause="Q.850;cause=16", peer="127.0.0.1",
    )  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"State: confirmed", b"Call-ID: a\nState: maybe", b"Call-ID: a" + b" " * 9000])
def test_what_names_no_call_or_state_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read_dialog(body, 0)


@given(st.binary(max_size=300))
def test_no_body_is_more_than_refused(body: bytes) -> None:
    with contextlib.suppress(InputError):
        assert read_dialog(body, 0).key
