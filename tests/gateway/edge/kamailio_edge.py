"""A running reference edge for tests: Kamailio with our configuration, five trunks, engines and next hops around it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sip_peers import Call, Core, FakeEngine, Phone

from fanzha.cli.telephony.programs import free_port
from fanzha.gateway.edge.rpc import Rpc, RpcError
from fanzha.gateway.edge.rules import Rules
from fanzha.gateway.edge.rundir import SNAPSHOT, command, rpc_address, write_run_folder
from fanzha.gateway.edge.settings import Route, Settings
from fanzha.gateway.edge.snapshot import write_snapshot
from fanzha.policy.trunk import Exemption, SpecialUser, Trunk

CONFIG = Path(__file__).parents[3] / "deploy" / "kamailio" / "kamailio.cfg"
DAY = date(2026, 11, 22)
LATER = 2_000_000_000_000_000
CONTRACT, FOREIGN, INTERNETWORK, INSIDE, NETWORK = (f"127.0.0.{n}" for n in (11, 12, 13, 14, 200))


def special(key: int, exemption: Exemption, expires: int = LATER) -> SpecialUser:
    return SpecialUser(number=f"+{key}", key=key, approver="x", expires=expires, exemption=exemption)


TRUNKS = (
    Trunk(
        id="hangzhou 1", owner="a bank's call centre", peers=(CONTRACT,), area="0571", region=3301,
        ranges=((862112345000, 862112345999), (8613812340000, 8613812349999), (8657188880001, 8657188889998)),
        special=(
            special(8613812345678, Exemption.CLIR),
            special(8613812345679, Exemption.CLIR, expires=1_000_000),
            special(8614212345678, Exemption.EMPTY),
            special(12125550000, Exemption.ANY),
        ),
    ),
    Trunk(id="abroad", owner="a carrier", peers=(FOREIGN,), ingress="international"),
    Trunk(id="other network", owner="a carrier", peers=(INTERNETWORK,), ingress="internetwork"),
    Trunk(id="core", owner="ourselves", peers=(INSIDE,), ingress="local"),
    Trunk(id="branch offices", owner="a shop", peers=("127.0.0.128/25",), ingress="interprovincial"),
)  # fmt: skip


class Edge:
    """A running Kamailio with its neighbours."""

    def __init__(
        self, folder: Path, rules: Rules, engines: int = 1, host: str = "127.0.0.1", also: str = "", **settings: Any
    ) -> None:
        """host: of engines and next hops. also: another address to listen on."""
        self.folder, self.rules = folder, rules
        self.engines = [FakeEngine(host) for _ in range(engines)]
        self.core, self.second_core = Core(host), Core(host)
        self.phones: dict[str, Phone] = {}
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.settings = Settings(
            listen=(f"udp:127.0.0.1:{self.port}", f"tcp:127.0.0.1:{self.port}", *([also] if also else [])),
            engines=tuple(engine.uri for engine in self.engines), next_hops=(self.core.uri,),
            **{"engine_ms": 1000, **settings},  # on a busy machine a sham engine is slow; tests of the limit say theirs
            routes={"abroad": Route(next_hops=(self.second_core.uri,), trunks=("branch offices",))},
            log_level=1, memory_mb=192, workers=4,
        )  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        self.rpc = Rpc(rpc_address(self.settings, folder))
        write_snapshot(folder / SNAPSHOT, rules)

    @property
    def engine(self) -> FakeEngine:
        return self.engines[0]

    def start(self) -> None:
        write_run_folder(self.folder, self.settings, CONFIG)
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            command(self.folder, self.settings), stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        for _ in range(600):
            try:
                self.rpc.ask("core.uptime")
                self.call(INSIDE, "10086", "110").final()
                return
            except RpcError:
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.1)
        raise AssertionError("Kamailio did not start")

    def kill(self, how: int = signal.SIGTERM) -> None:
        """All its processes: a dead parent leaves workers that go on as before."""
        if self.process is not None:
            os.killpg(self.process.pid, how)
            try:
                self.process.wait(5)  # now and then it does not end by itself
            except subprocess.TimeoutExpired:
                pass
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(30)
            self.process = None

    def close(self) -> None:
        self.kill()
        self.rpc.close()
        for endpoint in (*self.engines, self.core, self.second_core, *self.phones.values()):
            endpoint.close()

    def phone(self, host: str) -> Phone:
        if host not in self.phones:
            self.phones[host] = Phone(host)
        return self.phones[host]

    def call(self, host: str, caller: str | None, callee: str = "13900000000", **rest: Any) -> Call:
        return self.phone(host).call(self.address, caller, callee, **rest)

    def counts(self) -> dict[str, int]:
        found = self.rpc.ask("stats.fetch", "script:")
        return {name.removeprefix("script."): int(value) for name, value in found.items()}

    def close_breaker(self) -> None:
        """At once, for who waits for something else."""
        self.rpc.ask("htable.flush", "breaker")
        self.wait_breaker()

    def wait_breaker(self) -> None:
        """Until no engine's failures are remembered and all answer their OPTIONS."""
        for _ in range(600):
            sets = {s["SET"]["ID"]: s["SET"]["TARGETS"] for s in self.rpc.ask("dispatcher.list")["RECORDS"]}
            table = next(t for t in self.rpc.ask("htable.stats") if t["name"] == "breaker")
            if table["all"] == 0 and all(t["DEST"]["FLAGS"] == "AP" for t in sets[1]):
                return
            time.sleep(0.1)
        raise AssertionError("the breaker did not close")


def counted(edge: Edge, before: dict[str, int]) -> dict[str, int]:
    """What has been counted since."""
    return {name: value - before[name] for name, value in edge.counts().items() if value != before[name]}


def needs_kamailio() -> None:
    if shutil.which("kamailio") is None:
        pytest.skip("Kamailio is not installed (scripts/system-packages installs it)")
