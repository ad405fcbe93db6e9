"""Whatever a mirror drops, repeats or puts out of order: nothing raises, nobody is counted twice, nothing stays."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from wire import CALLEE, START, Desk, Wire

from fanzha.gateway.hep.glance import Glance, glance
from fanzha.gateway.hep.mirror import Mirror
from fanzha.gateway.hep.packet import Packet
from fanzha.gateway.live.limits import limits

SECOND = 1_000_000
Seen = tuple[Glance, Packet]


class Tape:
    """Keeps messages in place of a table."""

    def __init__(self) -> None:
        self.messages: list[Seen] = []

    def message(self, seen: Glance, packet: Packet) -> None:
        self.messages.append((seen, packet))


def played(name: str, shape: str) -> list[Seen]:
    """Every message of one call, as mirrored."""
    tape = Tape()
    wire = Wire(tape, id=name, branch=f"b{name}", ftag=f"f{name}", ttag=f"t{name}")  # type: ignore[arg-type]
    wire.invite().answer("180 Ringing")
    if shape == "busy":
        wire.answer("486 Busy Here")
    elif shape == "cancel":
        wire.cancel().answer("487 Request Terminated")
    else:
        wire.answer("200 OK").later(5).bye(shape)
    return tape.messages


shapes = st.lists(st.sampled_from(["caller", "callee", "edge", "busy", "cancel"]), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(shapes, st.data())
def test_calls_that_are_lost_repeated_and_mixed_up(kinds: list[str], data: st.DataObject) -> None:
    whole = [seen for n, kind in enumerate(kinds) for seen in played(f"c{n}", kind)]
    heard = data.draw(st.lists(st.sampled_from(whole), max_size=3 * len(whole)))
    desk = Desk()
    for seen, packet in heard:
        desk.table.message(seen, packet)
    desk.table.expire(START + 3 * limits().talk_s * SECOND)
    assert len(desk.table) == 0
    begun, ended = desk.table.counts["begun"], desk.table.counts["ended"]
    assert begun == ended == len(desk.rows)
    for row in desk.rows:
        assert row.ended is None or row.ended >= (row.answered or row.started) >= row.started
        assert row.talk_ms is None or row.talk_ms >= 0


@settings(max_examples=60, deadline=None)
@given(shapes, st.randoms(use_true_random=False))
def test_interleaved_calls_give_the_rows_of_each_alone(kinds: list[str], random) -> None:
    calls = [played(f"c{n}", kind) for n, kind in enumerate(kinds)]
    alone, together = Desk(), Desk()
    for seen, packet in (each for call in calls for each in call):
        alone.table.message(seen, packet)
    queues = [list(call) for call in calls]
    while any(queues):
        queue = random.choice([each for each in queues if each])
        seen, packet = queue.pop(0)
        for _ in range(random.choice((1, 1, 2))):  # both capture agents of a pair
            together.table.message(seen, packet)
    assert sorted(alone.rows, key=str) == sorted(together.rows, key=str)
    by = Counter(row.released_by for row in together.rows)
    assert by["network"] == kinds.count("edge")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(["INVITE", "BYE", "CANCEL", "UPDATE", "SIP/2.0 200", "SIP/2.0 486"]))
def test_a_message_spoilt_anywhere_is_counted(noise: bytes, first: str) -> None:
    """Through the whole way from packet to table."""
    desk = Desk()
    mirror = Mirror(desk.table.message, 10**12)
    start = f"{first} OK x" if first.startswith("SIP") else f"{first} sip:1@h SIP/2.0"
    for head in (b"Via: SIP/2.0/UDP h;branch=z\r\n", b"From: <sip:\xff@h>;tag=\xfe\r\n", b""):
        text = start.encode() + b"\r\n" + head + b"Call-ID: \xff\xfe\r\nCSeq: 1 INVITE\r\n" + noise + b"\r\n\r\n"
        body = b"\0\0\0\x0b\0\7\1" + b"\0\0\0\x0f" + (6 + len(text)).to_bytes(2, "big") + text
        mirror.take(b"HEP3" + (6 + len(body)).to_bytes(2, "big") + body)
    counts = mirror.counts
    assert counts["received"] == 3 == counts["taken"] + counts["dull"]
    desk.table.expire(2**60)
    assert len(desk.rows) == desk.table.counts["begun"]


def test_the_wire_is_what_it_says() -> None:
    """The tests above rest on it: every message of an answered call, both legs."""
    names = Counter(seen.method.decode() or str(seen.status) for seen, _ in played("c", "caller"))
    assert names == {"INVITE": 2, "180": 2, "200": 4, "BYE": 2}
    assert CALLEE[-1] == 4
    assert glance(b"") is None
