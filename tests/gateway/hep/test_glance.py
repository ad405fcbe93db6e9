from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.gateway.hep.glance import branch, glance, value


def test_the_start_line_of_100_trying_with_words_is_dull() -> None:
    """`SIP/2.0 100 trying -- your call is important` has more than two blanks (notes: 4,000 of 56,000 lost)."""
    assert glance(b"SIP/2.0 100 trying -- your call is important to us\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n") is None
    found = glance(b"SIP/2.0 183 Session -- in progress now\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n")
    assert found is not None
    assert found.status == 183
    assert glance(b"SIP/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 NOTIFY\r\n\r\n") is None


@pytest.mark.parametrize(
    "text",
    [b"Call-ID: x@y\r\nFrom: <sip:a;tag=no@h>;tag=yes\r\nTo: \"a;tag=no\" <sip:b>\r\nCSeq: 7 BYE",
     b"i:x@y\r\nf: <sip:a@h> ; tag = yes ;x=1\r\nt: <sip:b>\r\ncseq: 7 BYE",
     b"CALL-ID :  x@y\r\nFROM: sip:a@h;tag=yes\r\nto:sip:b\r\nCSEQ:7\r\n BYE"],
)  # fmt: skip
def test_headers_are_found_however_they_are_spelled(text: bytes) -> None:
    found = glance(b"BYE sip:b SIP/2.0\r\n" + text + b"\r\n\r\n")
    assert found is not None
    assert (found.method, found.id, found.cseq, found.what) == (b"BYE", b"x@y", 7, b"BYE")
    assert (found.from_tag, found.to_tag) == (b"yes", b"")


def test_a_body_is_no_header() -> None:
    message = b"BYE sip:b SIP/2.0\r\ni: real\r\nCSeq: 1 BYE\r\n\r\n\r\nCall-ID: forged\r\n"
    found = glance(message)
    assert found is not None
    assert found.id == b"real"


def test_the_topmost_branch_is_the_legs() -> None:
    head = b"X\r\nVia: SIP/2.0/UDP a;rport;branch=z1;received=b, SIP/2.0/UDP c;branch=z2\r\nVia: d;branch=z3\r\n"
    assert branch(head) == b"z1"
    assert branch(b"X\r\nv: SIP/2.0/UDP a ; branch=z9\r\n") == b"z9"
    assert branch(b"X\r\n") == b""
    assert value(head, b"Reason") == b""


@pytest.mark.parametrize("message", [b"", b"\r\n\r\n", b"INVITE", b"HTTP/1.1 200 OK\r\n\r\n", b"SIP/2.0 OK OK\r\n\r\n",
                                     b"BYE sip:b SIP/2.0\r\nCall-ID: a\r\nCSeq: x BYE\r\n\r\n",
                                     b"BYE sip:b SIP/2.0\r\nCall-ID: \r\nCSeq: 1 BYE\r\n\r\n"])  # fmt: skip
def test_what_is_no_sip_is_nothing(message: bytes) -> None:
    assert glance(message) is None


@given(st.binary(max_size=300))
def test_no_bytes_raise(noise: bytes) -> None:
    for message in (
        noise,
        b"INVITE sip:a SIP/2.0\r\n" + noise,
        b"SIP/2.0 200 " + noise + b"\r\nCall-ID: a\r\nCSeq: 1 BYE",
    ):
        glance(message)
        branch(message)
