from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from messages import message

from fanzha.gateway.sip.framing import Framer

BODIES = st.lists(st.binary(max_size=40), min_size=1, max_size=5)


@given(
    BODIES, st.lists(st.integers(1, 500), max_size=12), st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n"])
)
def test_a_stream_cut_anywhere_gives_the_same_messages(bodies: list[bytes], cuts: list[int], between: bytes) -> None:
    messages = [message(call_id=f"c{at}", body=body) for at, body in enumerate(bodies)]
    stream = between.join(messages)
    framer, found, rest = Framer(65536), list[bytes](), stream
    for cut in cuts:
        found += framer.feed(rest[:cut])
        rest = rest[cut:]
    found += framer.feed(rest)
    assert found == messages
    assert not framer.half
    assert framer.pings == (len(messages) - 1) * (len(between) // 4)


def test_one_octet_at_a_time() -> None:
    framer, data = Framer(65536), message(body=b"abc")
    found = [frame for at in range(len(data)) for frame in framer.feed(data[at : at + 1])]
    assert found == [data]


def test_without_a_length_the_head_is_given_and_the_stream_is_over() -> None:
    framer = Framer(65536)
    data = message(drop=("Content-Length",))
    assert framer.feed(data + b"whatever") == [data]
    assert framer.broken
    assert framer.feed(message()) == []


def test_a_length_that_is_none_or_too_much_ends_the_stream_with_an_answerable_head() -> None:
    for length in ("-5", "x", "99999", "1" * 30):
        framer = Framer(65536)
        data = message(content_length=length)
        assert framer.feed(data) == [data]
        assert framer.broken


def test_a_head_without_end_is_bounded() -> None:
    framer = Framer(65536)
    for _ in range(70):
        assert framer.feed(b"a" * 1000) == []
    assert framer.broken
    assert not framer.half


def test_compact_length_counts() -> None:
    framer = Framer(65536)
    data = message(body=b"abc").replace(b"Content-Length", b"l")
    assert framer.feed(data + message()) == [data, message()]
