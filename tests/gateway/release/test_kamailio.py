"""Tear-down at a real Kamailio, both legs seen through its own mirror (A4, issue 3: command to both BYEs)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
import uvloop
from kamailio_edge import DAY, INSIDE, TRUNKS, Edge
from sip_peers import Message

from fanzha.gateway.edge.rules import Local, compile_rules
from fanzha.gateway.edge.rundir import rpc_address
from fanzha.gateway.live.limits import limits
from fanzha.gateway.live.service import LiveService
from fanzha.gateway.release.kamailio import KamailioSwitch, bye_headers, uri_of
from fanzha.gateway.release.releaser import _dialog
from fanzha.gateway.release.switch import Dialog, SwitchError
from fanzha.policy.policy import Policy

Work = Callable[["Site"], Awaitable[None]]
CALLS = 30


class Site:
    """A running edge and a running collector that hears its mirror."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.edge: Edge
        self.service: LiveService

    def run(self, work: Work) -> None:
        """Do the work in a loop beside the collector."""
        uvloop.run(self._run(work))

    async def _run(self, work: Work) -> None:
        rules = compile_rules(Policy(version=7, compiled_at=1, trunks=TRUNKS), Local({}), DAY)
        quick = msgspec.structs.replace(limits(), batch_s=0.1)
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        switch = KamailioSwitch(f"unix:{self.folder / 'edge' / 'rpc.sock'}")
        self.service = LiveService(self.folder / "live", switch=switch, bounds=quick)
        serving = asyncio.create_task(self.service.run("127.0.0.1", 0, port.set_result))
        await asyncio.wait({serving, port}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving  # it says why
        (self.folder / "edge").mkdir()
        self.edge = Edge(self.folder / "edge", rules, hep=f"sip:127.0.0.1:{await port}")
        assert rpc_address(self.edge.settings, self.folder / "edge").endswith("edge/rpc.sock")
        try:
            await asyncio.to_thread(self.edge.start)
            await work(self)
        finally:
            await asyncio.to_thread(self.edge.close)
            self.service.stop()
            await serving

    async def place(self, count: int, callee: str = "13900000000") -> list[str]:
        """Answered calls, all seen by the collector; their Call-IDs."""

        def dial() -> list[str]:
            calls = [self.edge.call(INSIDE, "13812345678", callee) for _ in range(count)]
            for call in calls:
                call.established()
            return [call.id for call in calls]

        found = await asyncio.to_thread(dial)
        await until(lambda: all((call := self.service.table.find(name)) and call.answered for name in found))
        return found


async def until(true: Callable[[], object]) -> None:
    for _ in range(3000):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")


@pytest.fixture
def site() -> Iterator[Site]:
    if shutil.which("kamailio") is None:
        pytest.skip("Kamailio is not installed (scripts/system-packages installs it)")
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as folder:
        yield Site(Path(folder))


def byes(messages: list[Message], name: str) -> list[Message]:
    return [message for message in messages if message.method == "BYE" and message.get("call-id") == name]


def test_every_call_is_cut_on_both_legs_and_its_record_says_by_whom(site: Site) -> None:
    async def work(site: Site) -> None:
        names = await site.place(CALLS)
        outcomes = [await site.service.calls.release(name, "Wang", "victim on the line") for name in names]
        assert [(each.result, each.proof) for each in outcomes] == [("released", "hep")] * CALLS
        phone = site.edge.phone(INSIDE)
        for name in names:
            assert byes(phone.messages, name)
            assert byes(site.edge.core.messages, name)
        again = await site.service.calls.release(names[0], "Wang", "again")
        assert (again.result, again.again) == ("released", True)

    site.run(work)
    rows = [
        row for path in (site.folder / "live" / "records").glob("*.parquet") for row in pq.read_table(path).to_pylist()
    ]
    cut = [row for row in rows if row["callee"] == "13900000000"]
    assert len(cut) == CALLS
    assert {row["released_by"] for row in cut} == {"network"}
    assert (site.folder / "live" / "tickets.jsonl").read_bytes().count(b"\n") == CALLS


def test_a_ringing_call_is_ended_on_both_legs(site: Site) -> None:
    async def work(site: Site) -> None:
        site.edge.core.ring_only = True
        call = site.edge.call(INSIDE, "13812345678", "13900000000")
        await until(lambda: (seen := site.service.table.find(call.id)) and seen.ringing)
        outcome = await site.service.calls.release(call.id, "Wang", "victim's phone rings")
        assert (outcome.result, outcome.proof, outcome.ticket) == ("released", "hep", "")
        assert (await asyncio.to_thread(call.final)).code == 487
        core = site.edge.core.messages
        await until(lambda: [m for m in core if m.method == "CANCEL" and m.get("call-id") == call.id])
        ended = site.service.table.ended(call.id)
        assert ended is not None
        assert (ended.by, ended.answered) == ("network", 0)

    site.run(work)


def test_our_own_byes_end_a_call_that_the_switch_has_forgotten(site: Site) -> None:
    async def work(site: Site) -> None:
        (name,) = await site.place(1)
        call = site.service.table.find(name)
        assert call is not None
        switch, dialog = site.service._switch, _dialog(call)
        assert switch is not None
        await switch.bye(dialog, "callee")
        await switch.bye(dialog, "caller")
        await until(lambda: len(call.byes) == 2 and all(bye.done for bye in call.byes.values()))
        (to_core,), (to_phone,) = byes(site.edge.core.messages, name), byes(site.edge.phone(INSIDE).messages, name)
        assert "tag=core" in to_core.get("to")
        assert "tag=core" in to_phone.get("from")
        assert site.service.table.find(name) is None

    site.run(work)


def test_emergency_calls_and_strangers_are_left_alone(site: Site) -> None:
    async def work(site: Site) -> None:
        names = await site.place(1, callee="110")
        outcome = await site.service.calls.release(names[0], "Wang", "by mistake")
        assert outcome.result == "refused"
        switch = site.service._switch
        assert switch is not None
        with pytest.raises(SwitchError):
            await switch.terminate(Dialog(call_id="nobody", from_tag="a", to_tag="b"))
        assert not byes(site.edge.core.messages, names[0])
        assert site.service.table.find(names[0]) is not None

    site.run(work)


def test_the_parts_of_a_bye() -> None:
    dialog = Dialog(
        call_id="c", from_tag="f", to_tag="t", from_='"A" <sip:a@h>;tag=old', to="<sip:b@h>", cseqs=(5, 9),
        caller_contact='"x" <sip:a@1.2.3.4:5;transport=udp>;expires=3', callee_contact="sip:b@5.6.7.8;q=1",
    )  # fmt: skip
    assert uri_of(dialog.caller_contact) == "sip:a@1.2.3.4:5;transport=udp"
    assert uri_of(dialog.callee_contact) == "sip:b@5.6.7.8"
    assert uri_of("") == ""
    to_caller = bye_headers(dialog, "caller")
    assert 'From: <sip:b@h>;tag=t\r\nTo: "A" <sip:a@h>;tag=f\r\n' in to_caller
    assert "CSeq: 109 BYE" in to_caller
    assert "CSeq: 105 BYE" in bye_headers(dialog, "callee")
