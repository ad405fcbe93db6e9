"""Dialled, mirrored, recorded, profiled, alerted, listed, refused: every part a real program (issue 3; A3, A4)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent / "edge"))  # sip_peers.py, kamailio_edge.py

from kamailio_edge import DAY, INSIDE, TRUNKS, Edge, free_port  # noqa: E402

from fanzha.errors import PolicyError  # noqa: E402
from fanzha.gateway.edge.rules import Local, compile_rules  # noqa: E402
from fanzha.gateway.release import rules  # noqa: E402
from fanzha.policy.policy import Policy  # noqa: E402
from fanzha.policy.publisher import Publisher  # noqa: E402
from fanzha.signing import public_key  # noqa: E402
from fanzha.signing.keys import Keys  # noqa: E402

PROGRAM = Path(sys.executable).with_name("fanzha")
SWEEPER = "13812345678"


class Program:
    """One running `fanzha`, its lines kept."""

    def __init__(self, home: Path, *arguments: object) -> None:
        words = home / "words"
        environment = {
            **os.environ, "FANZHA_HOME": str(home), "FANZHA_LANG": "en", "FANZHA_VOCABULARY": str(words)
        }  # fmt: skip
        command = [str(PROGRAM), *map(str, arguments)]
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def said(self, word: str) -> str:
        """The first line with this word, waited for."""
        return until(lambda: next((line for line in list(self.lines) if word in line), ""), self)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


def until(true: Callable[[], object], program: Program | None = None, seconds: float = 150) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return str(found)
        time.sleep(0.05)
    raise AssertionError(program.lines[-30:] if program else "it never came true")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    if shutil.which("kamailio") is None:
        pytest.skip("Kamailio is not installed (scripts/system-packages installs it)")
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[tuple[Edge, Program, Program]]:
    """Gateway, collector, watcher and edge, all running. The edge, the collector and the watcher."""
    started: list[Program] = []

    def start(*arguments: object) -> Program:
        started.append(Program(home, *arguments))
        return started[-1]

    secret = Keys(home, "policy", PolicyError).secret()
    Publisher(home / "policy", secret).snapshot([], trunks=TRUNKS)
    (home / "words").mkdir()
    shipped = Path(rules.__file__).with_name("release.yaml").read_text(encoding="utf-8")
    (home / "words" / "release.yaml").write_text(shipped.replace("held_s: 180", "held_s: 2"), encoding="utf-8")
    edge: Edge | None = None
    try:
        collector = start("hep", "--listen", "127.0.0.1:0", "--switch", f"unix:{home / 'edge' / 'rpc.sock'}")
        hep = int(collector.said("mirror on").split(",")[0].rpartition(":")[2])
        port = free_port()
        start("gateway", "--sip", f"127.0.0.1:{port}", "--http", "off", "--trust", public_key(secret).hex())
        watcher = start("watch", home / "calls" / "records", "--json")
        (home / "edge").mkdir()
        hard = compile_rules(Policy(version=1, compiled_at=1, trunks=TRUNKS), Local({}), DAY)
        edge = Edge(home / "edge", hard, hep=f"sip:127.0.0.1:{hep}")
        edge.settings = msgspec.structs.replace(edge.settings, engines=(f"sip:127.0.0.1:{port}",))
        edge.start()
        edge.wait_breaker()
        watcher.said("watching")
        yield edge, collector, watcher
    finally:
        if edge is not None:
            edge.close()
        for program in reversed(started):
            program.stop()


def fanzha(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FANZHA_HOME": str(home), "FANZHA_LANG": "en"}
    done = subprocess.run(
        [str(PROGRAM), *map(str, arguments)], env=environment, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_sweep_is_recorded_alerted_listed_and_its_next_call_refused(
    home: Path, site: tuple[Edge, Program, Program]
) -> None:
    edge, _, watcher = site
    for n in range(14):
        call = edge.call(INSIDE, SWEEPER, f"139876540{n:02d}")
        call.hang_up(call.established())
    alert = json.loads(watcher.said(f'"+86{SWEEPER}"'))
    assert alert["scheme"] == "sequential_dialling"
    assert len(alert["evidence"]) > 0
    before = edge.counts()["blocked"]
    number = alert["entity"]["value"]
    fanzha(home, "policy", "add", number, "--action", "block", "--reason", "police", "--source", alert["id"],
           "--expires", "2030-01-01")  # fmt: skip

    def refused() -> bool:
        call = edge.call(INSIDE, SWEEPER, "13700000001")
        answer = call.final()
        if answer.code == 200:
            call.hang_up(call.established())
        return answer.code in (603, 608)

    until(refused, seconds=10)
    assert edge.counts()["blocked"] > before

    def refusals() -> list[dict[str, object]]:
        files = sorted((home / "calls" / "records").glob("*.parquet"))
        rows = {row["call_id"]: row for path in files for row in pq.read_table(path).to_pylist()}
        return [row for row in rows.values() if row["callee"] == "13700000001" and row["answered"] is None]

    # The mirror may be heard before the engine's word that the refusal was ours: the record is then told once more.
    until(lambda: {(row["released_by"], row["release_cause"]) for row in refusals()} == {("network", 21)}, seconds=30)
    assert {(row["trunk"], row["ingress"]) for row in refusals()} == {("core", "local")}
    emergency = edge.call(INSIDE, SWEEPER, "110")
    emergency.hang_up(emergency.established())
    asserted = edge.call(INSIDE, "13711112222", "13700000001")
    asserted.hang_up(asserted.established())


def test_a_call_of_somebody_listed_is_shown_and_cut_by_hand(home: Path, site: tuple[Edge, Program, Program]) -> None:
    edge, _, _ = site
    call = edge.call(INSIDE, "13922223333", "13700000002")
    call.established()

    def shown() -> list[dict[str, object]]:
        found = json.loads(fanzha(home, "calls", "--json").stdout)
        return [each for each in found if each["id"] == call.id and each["state"] == "talking"]

    until(lambda: len(shown()) == 1)
    (live,) = shown()
    assert live["verdict"] == "ALLOW"
    assert set(live["sources"]) >= {"hep", "asked"}
    assert live["callee"] == "137****0002"
    done = fanzha(home, "calls", "--release", live["id"], "--reason", "victim on the line", "--json")
    assert json.loads(done.stdout)["result"] == "released"
    ended = edge.core.wait(lambda message: message.method == "BYE" and message.get("call-id") == call.id)
    assert len(ended) == 1
    ticket = json.loads((home / "calls" / "tickets.jsonl").read_text(encoding="utf-8"))
    assert ticket["victim"] == "13700000002"


def test_a_listed_caller_who_holds_a_subscriber_is_cut_by_itself(
    home: Path, site: tuple[Edge, Program, Program]
) -> None:
    """A4, domain 2.3, with two seconds in place of 180."""
    edge, _, _ = site
    fanzha(home, "policy", "add", "+8613955556666", "--action", "label", "--reason", "police", "--source", "list 7",
           "--expires", "2030-01-01")  # fmt: skip
    call = edge.call(INSIDE, "13955556666", "13700000003")
    call.established()
    for peer in (edge.phone(INSIDE), edge.core):
        peer.wait(lambda message: message.method == "BYE" and message.get("call-id") == call.id, patience=30)
    until(lambda: "13700000003" in (home / "calls" / "tickets.jsonl").read_text(encoding="utf-8"))

    def told() -> list[dict[str, str]]:
        lines = (home / "calls" / "releases.jsonl").read_text(encoding="utf-8").splitlines()
        return [each for each in map(json.loads, lines) if each["call"] == call.id]

    until(lambda: len(told()) == 2)  # the ticket is written before the outcome: the call-back is owed either way
    kept = told()
    assert [each["result"] for each in kept] == ["commanded", "released"]
    assert (kept[-1]["who"], kept[-1]["rule"]) == ("rule", "release.listed_caller_held@1")
