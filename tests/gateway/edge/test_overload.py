"""A flood that the engine cannot follow: calls go on unscreened, but no plain rule gives way (A8)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from kamailio_edge import CONTRACT, INTERNETWORK, Edge, free_port

SETTINGS = {"engine_ms": 250}  # more than the shipped 100: machines that run tests stall
SIPP = Path(__file__).parent / "sipp"
CALLS, RATE = 3_000, 1_000


def test_no_plain_rule_gives_way_under_a_flood_with_the_engine_stuck(edge: Edge, tmp_path: Path) -> None:
    if shutil.which("sipp") is None:
        pytest.skip("sipp is not installed (scripts/system-packages installs it)")
    edge.engine.default = None
    callers = tmp_path / "callers.csv"
    wrong = [f"1390000{n:04};13800138000;" for n in range(500)] + [f"05716666{n:04};13800138000;" for n in range(500)]
    callers.write_text("SEQUENTIAL\n" + "\n".join(wrong) + "\n")
    before = edge.counts()
    flood = subprocess.Popen(
        ["sipp", f"127.0.0.1:{edge.port}", "-sf", str(SIPP / "refused.xml"), "-inf", str(callers), "-i", CONTRACT,
         "-p", str(free_port()), "-r", str(RATE), "-m", str(CALLS), "-timeout", "60", "-nostdin"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path,
    )  # fmt: skip
    try:
        honest = [edge.call(INTERNETWORK, "13812340000") for _ in range(60)]
        for call in honest:
            call.hang_up(call.established())
        said, _ = flood.communicate(timeout=90)
    finally:
        flood.kill()
        flood.wait()
    assert flood.returncode == 0, said.decode(errors="replace")[-2000:]
    after = edge.counts()
    assert after["hard_A8"] - before["hard_A8"] == CALLS
    assert after["unscreened"] - before["unscreened"] == len(honest)
    arrived = {m.get("call-id") for m in edge.core.messages if m.method == "INVITE"}
    assert arrived >= {call.id for call in honest}
    assert not [name for name in arrived if name.endswith(f"@{CONTRACT}")]


def test_a_trunk_over_its_limit_is_told_to_wait_but_not_from_the_emergency_number(edge: Edge) -> None:
    """`rate` of the settings: this edge has none, so a limited trunk's row is put in by hand, and taken out again."""
    key = "trunk/other%20network"
    row = edge.rpc.ask("htable.get", "rules_a", key)["item"]["value"]
    limited = ";".join([*row.split(";")[:5], "5", *row.split(";")[6:]])
    edge.engine.default = ("603 Decline", ())
    before = edge.counts()
    edge.rpc.ask("htable.sets", "rules_a", key, limited)
    try:
        calls = [edge.call(INTERNETWORK, "13812340000") for _ in range(60)]
        finals = [call.final() for call in calls]
        codes = [final.code for final in finals]
        assert set(codes) - {200} == {503, 603}
        for call, final in zip(calls, finals, strict=True):
            if final.code == 200:  # let on unscreened, where the machine was too slow for the engine's time
                call.within("ACK", final, cseq=1)
                call.hang_up(final)
        emergency = edge.call(INTERNETWORK, "13812340000", "120")
        emergency.hang_up(emergency.established())
    finally:
        edge.rpc.ask("htable.sets", "rules_a", key, row)
    after = edge.counts()
    assert after["refused_rate"] - before["refused_rate"] >= codes.count(503)
    assert after["calls"] - before["calls"] == codes.count(603) + codes.count(200) + 1
