from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import message

from fanzha.gateway.sip.headers import COMPACT
from fanzha.gateway.sip.message import Request, Unanswerable, _plain, _whole
from fanzha.gateway.sip.spans import PASSED_OVER, READ

NAMES = st.sampled_from([*READ, *PASSED_OVER, *COMPACT, "x-other", "bad name", "", "via "]).map(str.title)
VALUES = st.text(st.sampled_from('ab<>";:, \t=0\u00e9\n\r\x00'), max_size=12)


def same(data: bytes) -> bool:
    """Whether it was written plainly; then both readings must come to the same."""
    try:
        quick = _plain(data)
    except Unanswerable:
        with pytest.raises(Unanswerable):
            _whole(data)
        return True
    if quick is None:
        return False
    slow = _whole(data)
    assert told(quick) == told(slow)
    return True


def told(request: Request) -> tuple[object, ...]:
    fault = (request.fault.code, request.fault.phrase) if request.fault else None
    fields = {name: lines for name, lines in request.fields.items() if name not in PASSED_OVER}
    return request.method, request.uri, request.body, fault, fields


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.binary(max_size=20))
def test_the_quick_reading_comes_to_the_same_as_the_whole_one(lines: list[tuple[str, str]], body: bytes) -> None:
    same(message("INVITE", "sip:+861@e.cn", *(f"{name}: {value}" for name, value in lines), body=body))


@given(st.lists(st.tuples(st.integers(0, 460), st.integers(0, 255)), max_size=4), st.integers(0, 460))
def test_so_it_does_for_damaged_ones(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(message("INVITE", "sip:+861@e.cn", "P-Asserted-Identity: <tel:+8613>, <sip:a@b>"))
    for at, value in changes:
        data[at % len(data)] = value
    with suppress(Unanswerable):
        same(bytes(data[: len(data) - cut % len(data)]))


def test_what_switches_write_is_read_quickly() -> None:
    assert same(message("INVITE", "sip:+861@e.cn", "Allow: INVITE", "X-Own: y", "x-fanzha-trunk: t"))
    assert not same(message("INVITE", "sip:+861@e.cn", "Subject: a\r\n b"))
