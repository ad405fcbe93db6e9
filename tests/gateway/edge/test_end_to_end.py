"""The commands a user types, together: policy published, gateway asked, edge started; calls refused or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kamailio_edge import CONTRACT, FOREIGN, INTERNETWORK, TRUNKS, free_port, needs_kamailio
from msgspec.structs import replace
from sip_peers import Call, Core, Phone

from fanzha.errors import PolicyError
from fanzha.policy import Action, Entry, Publisher, Subject
from fanzha.signing.keys import Keys

NOW = time.time_ns() // 1000
LISTED, SUSPECT, HONEST = "13912340001", "13912340002", "13912340003"


def entry(number: str, action: Action) -> Entry:
    return Entry(
        id=f"{action.name}-{number}", subject=Subject.NUMBER, value=f"+86{number}", action=action, reason="police",
        source="case 7", starts=NOW, expires=NOW + 86_400_000_000,
    )  # fmt: skip


class Site:
    """A home with a published policy; a gateway and an edge as processes of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.core = Core()
        self.sip, self.edge_port = free_port(), free_port()
        self.edge = ("127.0.0.1", self.edge_port)
        self.publisher = Publisher(home / "policy", Keys(home, "policy", PolicyError).secret())
        self.publisher.snapshot([entry(LISTED, Action.BLOCK), entry(SUSPECT, Action.LABEL)], trunks=TRUNKS)
        self.settings = home / "edge.yaml"
        self.settings.write_text(
            f'listen: ["udp:127.0.0.1:{self.edge_port}"]\nengines: ["sip:127.0.0.1:{self.sip}"]\n'
            f'next_hops: ["{self.core.uri}"]\nlog_level: 0\nmemory_mb: 192\n'
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.phones: dict[str, Phone] = {}

    def run(self, name: str, *words: str) -> None:
        log = (self.home / f"{name}.log").open("ab")
        command = [sys.executable, "-m", "fanzha.cli.main", *words]
        environment = {**os.environ, "FANZHA_HOME": str(self.home), "FANZHA_LANG": "en"}
        self.processes[name] = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True
        )
        log.close()

    def gateway(self) -> None:
        self.run("gateway", "gateway", "--sip", f"127.0.0.1:{self.sip}", "--http", "off")

    def status(self) -> dict[str, Any]:
        command = [
            sys.executable,
            "-m",
            "fanzha.cli.main",
            "edge",
            "status",
            "--settings",
            str(self.settings),
            "--json",
        ]
        environment = {**os.environ, "FANZHA_HOME": str(self.home)}
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found

    def kill(self, name: str, how: int = signal.SIGTERM) -> int:
        process = self.processes.pop(name)
        os.killpg(process.pid, how) if how == signal.SIGKILL else process.send_signal(how)
        return process.wait(60)

    def call(self, host: str, caller: str, callee: str = "13900000000") -> tuple[int, str]:
        """Final code and Reason; an answered call is ended."""
        phone = self.phones.setdefault(host, Phone(host)) if host not in self.phones else self.phones[host]
        call = phone.call(self.edge, caller, callee)
        final = call.final()
        if final.code == 200:
            call.within("ACK", final, cseq=1)
            call.hang_up(final)
            return 200, self.core.invites(call.id)[0].get("p-fraud-warning")
        return final.code, final.get("reason")

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        for endpoint in (self.core, *self.phones.values()):
            endpoint.close()


def until(true: Callable[[], object], seconds: float = 150.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    needs_kamailio()
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as folder:
        place = Site(Path(folder))
        try:
            place.gateway()
            place.run("edge", "edge", "start", "--settings", str(place.settings))
            until(lambda: place.status().get("engines") == {f"sip:127.0.0.1:{place.sip}": True})
            until(lambda: "allowed" if place.call(INTERNETWORK, HONEST) and place.status()["counts"]["allowed"] else "")
            yield place
        except AssertionError:
            print(*[(path.name, path.read_text()[-3000:]) for path in Path(folder).glob("*.log")], sep="\n")
            raise
        finally:
            place.close()


def test_the_listed_are_refused_the_suspect_labelled_the_honest_let_on(site: Site) -> None:
    assert site.call(INTERNETWORK, LISTED) == (603, 'Q.850;cause=21;text="police reported by the police"')
    assert site.call(INTERNETWORK, SUSPECT) == (200, "police")
    assert site.call(INTERNETWORK, HONEST) == (200, "")
    assert site.call(CONTRACT, HONEST) == (403, 'Q.850;cause=21;text="A8"')
    assert site.call(FOREIGN, "+86" + HONEST) == (200, "R1")
    assert site.call(INTERNETWORK, LISTED, "110") == (200, "")
    assert site.call(INTERNETWORK, LISTED, "95588") == (200, "")


def test_line_ends_before_invites_shut_off_no_engine(site: Site) -> None:
    before = site.status()["counts"]
    phone = site.phones.setdefault(INTERNETWORK, Phone(INTERNETWORK))
    for _ in range(8):
        call = Call(phone, site.edge, f"sip:{LISTED}@x", "sip:13900000000@x", [])
        phone.send("\r\n\r\n" + call.request("INVITE", call.callee), site.edge)
        assert call.final().code == 603
    after = site.status()["counts"]
    assert (after["breaker_opened"], after["unscreened"]) == (before["breaker_opened"], before["unscreened"])


def test_a_delta_takes_effect_in_the_gateway_and_a_new_contract_in_the_edge(site: Site) -> None:
    site.publisher.delta([entry(HONEST, Action.BLOCK)])
    until(lambda: site.call(INTERNETWORK, HONEST)[0] == 603)
    site.publisher.delta([], [f"BLOCK-{HONEST}"], trunks=[replace(TRUNKS[0], ranges=((8613912340000, 8613912349999),))])
    until(lambda: site.call(INTERNETWORK, HONEST)[0] == 200)
    version = site.publisher.store.version
    until(lambda: site.status()["policy_version"] == version)
    assert site.call(CONTRACT, HONEST) == (200, "")
    site.publisher.delta(trunks=TRUNKS[:1])
    until(lambda: site.call(CONTRACT, HONEST)[0] == 403)


def test_a_dead_gateway_lets_calls_on_and_the_plain_rules_hold(site: Site) -> None:
    site.kill("gateway", signal.SIGKILL)
    before = site.status()["counts"]["unscreened"]
    assert [site.call(INTERNETWORK, LISTED)[0] for _ in range(8)] == [200] * 8
    assert site.call(CONTRACT, HONEST)[0] == 403
    assert site.call(CONTRACT, HONEST, "110")[0] == 200
    assert site.status()["counts"]["unscreened"] - before == 8
    site.gateway()
    until(lambda: site.call(INTERNETWORK, LISTED)[0] == 603)


def test_the_edge_ends_when_told_and_starts_again_with_what_it_knew(site: Site) -> None:
    counts = site.status()
    assert counts["pending"] == 0
    assert counts["calls"] > 10
    assert site.kill("edge") == 0
    site.run("edge", "edge", "start", "--settings", str(site.settings))
    until(lambda: site.status().get("calls") == 0)
    assert site.call(CONTRACT, HONEST)[0] == 403
    until(lambda: site.call(INTERNETWORK, LISTED)[0] == 603)


def test_an_edge_whose_keeper_was_killed_is_replaced_by_the_next_one(site: Site) -> None:
    """Kamailio outlives its keeper and holds the ports; a second keeper beside a living one would end its calls."""
    site.run("second", "edge", "start", "--settings", str(site.settings))
    assert site.processes.pop("second").wait(120) != 0
    assert "an edge runs in this folder already" in (site.home / "second.log").read_text()
    site.kill("edge", signal.SIGKILL)
    assert site.call(CONTRACT, HONEST)[0] == 403  # Kamailio goes on
    began = site.status()["calls"]
    assert began > 0
    site.run("edge", "edge", "start", "--settings", str(site.settings))
    until(lambda: site.status().get("calls") == 0)
    assert site.call(CONTRACT, HONEST)[0] == 403
