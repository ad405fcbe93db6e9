"""Calls that Kamailio cannot read: they lead nowhere and are counted; an emergency call passes all the same."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from kamailio_edge import INTERNETWORK, Edge, counted
from sip_peers import Call

BROKEN = (": x", "no colon", "From: <sip:13900000000@x>;tag=2", "l: 7", "bad name: x")


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def malformed(edge: Edge, callee: str, broken: str) -> Call:
    """A call with a header that Kamailio cannot read behind those that it needs."""
    phone = edge.phone(INTERNETWORK)
    call = Call(phone, edge.address, "sip:13812340000@x", f"sip:{callee}@x", [])
    phone.send(call.request("INVITE", call.callee).replace("\r\n\r\n", f"\r\n{broken}\r\n\r\n"), edge.address)
    return call


def test_no_broken_header_leads_past_the_lists(edge: Edge) -> None:
    """Kamailio can neither ask about such a call nor answer it: it goes nowhere, and is counted."""
    before = edge.counts()
    calls = [malformed(edge, "13900000000", broken) for broken in BROKEN]
    until(lambda: counted(edge, before) == {"malformed": len(BROKEN)})
    assert not [call for call in calls if call.replies() or edge.engine.asked(call.id) or edge.core.invites(call.id)]


@pytest.mark.parametrize("broken", BROKEN)
def test_an_emergency_call_passes_however_broken(edge: Edge, broken: str) -> None:
    before = edge.counts()
    call = malformed(edge, "110", broken)
    assert call.final().code == 200
    assert len(edge.core.invites(call.id)) == 1
    assert counted(edge, before) == {"malformed": 1}


def test_malformed_requests_are_never_blocked_as_fraud(edge: Edge) -> None:
    before = edge.counts()
    phone = edge.phone(INTERNETWORK)
    for text in (
        "INVITE\r\n\r\n",
        "\0\xff" * 400,
        "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.13\r\n\r\n",
        "x" * 60_000,
    ):
        phone.send(text, edge.address)
    call = edge.call(INTERNETWORK, "13812340000", headers=["X-Long: " + "y" * 8000])
    call.hang_up(call.established())
    assert counted(edge, before)["calls"] == 1
    assert "hard" not in counted(edge, before)
