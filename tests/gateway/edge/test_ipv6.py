"""IPv6 on every side: callers known by address and port, and by network; engines and next hops."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest
from kamailio_edge import DAY, TRUNKS, Edge, needs_kamailio
from sip_peers import Phone

from fanzha.gateway.edge.rules import Local, compile_rules
from fanzha.policy import Policy, Trunk


@pytest.fixture(autouse=True)
def possible() -> None:
    needs_kamailio()
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")


def test_calls_over_ipv6_know_their_trunk_and_reach_their_callee() -> None:
    near, far = Phone("::1"), Phone("::1")
    known = Trunk(id="by port", owner="x", peers=(f"{near.host}:{near.port}",), ingress="internetwork", region=44)
    wide = Trunk(id="by network", owner="x", peers=("::/120",), ingress="internetwork")
    rules = compile_rules(Policy(version=7, compiled_at=1, trunks=(*TRUNKS, known, wide)), Local({}), DAY)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as free:
        free.bind(("::1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as folder:
        edge = Edge(Path(folder), rules, host="::1", also=f"udp:[::1]:{port}")
        try:
            edge.start()
            for phone, trunk, region in ((near, known, ["440000"]), (far, wide, [])):
                call = phone.call(("::1", port), "13812340000")
                call.hang_up(call.established())
                asked = edge.engine.asked(call.id)[0]
                assert asked.get("x-fanzha-trunk") == trunk.id
                assert asked.get("x-fanzha-peer") == f"[::1]:{phone.port}"
                assert asked.all("x-fanzha-region") == region
                assert len(edge.core.invites(call.id)) == 1
        finally:
            edge.close()
            near.close()
            far.close()
