from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
import uvloop

from fanzha.errors import StorageError, UsageError
from fanzha.gateway.call import Call
from fanzha.gateway.live.backlog import Backlog
from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.limits import limits
from fanzha.gateway.live.remote import RemoteCalls
from fanzha.gateway.live.reports import Reports
from fanzha.gateway.live.service import CONTROL, LiveService
from fanzha.gateway.release.memory import MemorySwitch
from fanzha.gateway.release.rules import release_words
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Subject
from fanzha.policy.policy import Policy

SECOND = 1_000_000
LISTED, VICTIM = "+8613812345678", "+8613987654321"


class OnePolicy:
    """A policy store that holds one policy."""

    def __init__(self, policy: Policy) -> None:
        self.current = policy

    def refresh(self) -> bool:
        return False


@contextlib.asynccontextmanager
async def running(folder: Path, **options: object) -> AsyncIterator[tuple[LiveService, RemoteCalls, int]]:
    """A service and somebody who asks it."""
    quick = msgspec.structs.replace(limits(), batch_s=0.05, settle_ms=10)
    service = LiveService(folder, bounds=quick, **options)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(service.run("127.0.0.1", 0, port.set_result))
    remote = RemoteCalls(folder / CONTROL)
    try:
        await asyncio.wait({work, port}, return_when=asyncio.FIRST_COMPLETED)
        yield service, remote, await port
    finally:
        await remote.close()
        service.stop()
        await work


def report(state: DialogState, at: int, name: str = "c1", **more: str) -> DialogEvent:
    told = {"from_tag": "a", "to_tag": "b", "caller": LISTED, "callee": VICTIM, **more}
    return DialogEvent(key=name, state=state, at=at, **told)


def now() -> int:
    return time.time_ns() // 1000


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    for _ in range(6000):
        found = true()
        if await found if not isinstance(found, bool) else found:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def rows(folder: Path) -> list[dict[str, object]]:
    return [row for path in sorted(folder.glob("calls-*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_what_one_process_tells_another_sees_and_the_files_hold(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as (service, remote, _):
            verdict = Verdict(key="c1", at=now(), action=Action.LABEL, code=302, phrase="x",
                              reasons=(Reason(code="police", action=Action.LABEL),))  # fmt: skip
            await remote.counts()
            remote.asked(Call(key="c1", callee=VICTIM, at=now()), verdict)
            await remote.seen(report(DialogState.CONFIRMED, now() - 60 * SECOND))
            (shown,) = await remote.calls()
            assert (shown.verdict, shown.flags, shown.state) == ("LABEL", ("police",), "talking")
            await remote.seen(report(DialogState.TERMINATED, now()))
            assert await remote.calls() == []

            async def stored() -> bool:
                return (await remote.counts()).get("records_rows") == 1

            await until(stored)

    uvloop.run(go())
    (row,) = rows(tmp_path / "records")
    assert (row["call_id"], row["caller"], row["callee"]) == ("c1", LISTED, VICTIM)


def test_calls_in_progress_outlive_a_restart(tmp_path: Path) -> None:
    async def first() -> None:
        async with running(tmp_path) as (_, remote, _):
            await remote.seen(report(DialogState.CONFIRMED, now() - 60 * SECOND))

    async def second() -> None:
        async with running(tmp_path) as (_, remote, _):
            assert len(await remote.calls()) == 1
            assert (await remote.counts())["calls_restored"] == 1
            await remote.seen(report(DialogState.TERMINATED, now()))

    uvloop.run(first())
    uvloop.run(second())
    (row,) = rows(tmp_path / "records")
    assert 59_000 < int(str(row["talk_ms"])) < 70_000


def test_one_process_owns_a_folder(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path):
            with pytest.raises(UsageError, match="another process"):
                LiveService(tmp_path)

    uvloop.run(go())


def test_nobody_there_is_told_and_verdicts_are_counted(tmp_path: Path) -> None:
    async def go() -> None:
        remote = RemoteCalls(tmp_path / "nobody.sock")
        with pytest.raises(StorageError, match="fanzha hep"):
            await remote.seen(report(DialogState.CONFIRMED, 1))
        verdict = Verdict(key="c1", at=1, action=Action.ALLOW, code=404, phrase="x")
        remote.asked(Call(key="c1", callee=VICTIM, at=1), verdict)
        await asyncio.sleep(0.01)
        assert remote.unheard == 1
        await remote.close()

    uvloop.run(go())


def test_reports_wait_while_nobody_follows_calls_and_are_brought_in_order(tmp_path: Path) -> None:
    """An acknowledged end outlives that nobody listened, and our own death; it is one record, of the call as it was."""

    async def go() -> None:
        backlog = Backlog(tmp_path / "reports", 1_000_000)
        remote = RemoteCalls(tmp_path / CONTROL)
        reports = Reports(remote, backlog)
        began = now()
        for at, name in enumerate("abc"):
            await reports.seen(report(DialogState.CONFIRMED, began - 90_000_000 + at, name))
            await reports.seen(report(DialogState.TERMINATED, began - 60_000_000 + at, name))
        await reports.seen(report(DialogState.CONFIRMED, began, "d"))
        assert reports.counts["report_later"] == 7
        await remote.close()
        async with running(tmp_path) as (service, again, _):
            others = Reports(again, Backlog(tmp_path / "reports", 1_000_000))  # another worker, or the next process
            await others.bring()
            assert others.counts["report_brought"] == 7
            assert not backlog.waiting
            assert [call.id for call in service.table] == ["d"]
            await others.seen(report(DialogState.TERMINATED, began, "d"))
            assert others.counts["report_later"] == 0
            assert len(service.table) == 0
            await asyncio.sleep(0.3)
            late = report(DialogState.CONFIRMED, began - 90_000_000, "a")  # brought twice: a kill came between
            await others.seen(late)
            assert len(service.table) == 0
        rows = [row for path in (tmp_path / "records").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
        talks = {row["call_id"]: row["talk_ms"] for row in rows}
        assert talks == {"a": 30_000, "b": 30_000, "c": 30_000, "d": 0}

    uvloop.run(go())


def test_an_owner_that_hangs_costs_no_more_memory_than_stated(tmp_path: Path) -> None:
    async def go() -> None:
        never = asyncio.Event()
        path = tmp_path / "hangs.sock"

        async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await never.wait()
            writer.close()

        server = await asyncio.start_unix_server(hang, path)
        remote = RemoteCalls(path)
        verdict = Verdict(key="c1", at=1, action=Action.ALLOW, code=404, phrase="x" * 60_000)
        call = Call(key="c1", callee=VICTIM, at=1)
        remote.asked(call, verdict)
        await asyncio.sleep(0.05)
        for _ in range(200):
            remote.asked(call, verdict)
        assert remote.unheard > 100
        with pytest.raises(StorageError, match="takes nothing any more"):
            await remote.seen(report(DialogState.CONFIRMED, 1))
        await remote.close()
        never.set()
        await asyncio.sleep(0.05)
        server.close()

    uvloop.run(go())


def test_a_listed_caller_who_holds_a_subscriber_is_cut_by_rule(tmp_path: Path) -> None:
    """A4: police-listed, 180 s, automatic, verified, with a call-back; a suspect of ours is only proposed."""
    listed = Entry(id="e7", subject=Subject.NUMBER, value=LISTED, action=Action.LABEL, reason="police", source="s",
                   starts=0, expires=2**62)  # fmt: skip
    suspect = msgspec.structs.replace(listed, id="e8", value="+8613811111111", reason="fraud")
    policy = OnePolicy(Policy(version=3, entries=[listed, suspect]))

    async def go() -> None:
        switch = MemorySwitch(lambda dialog, _: ended(dialog.call_id))
        words = msgspec.structs.replace(release_words(), proof_ms=200)
        async with running(tmp_path, policy=policy, switch=switch, words=words) as (service, remote, _):

            def ended_now(name: str) -> None:
                service.table.reported(report(DialogState.TERMINATED, now(), name))

            ended_by.append(ended_now)
            long = now() - 181 * SECOND
            await remote.seen(report(DialogState.CONFIRMED, long, "police"))
            await remote.seen(report(DialogState.CONFIRMED, long, "suspect", caller="+8613811111111"))
            await remote.seen(report(DialogState.CONFIRMED, long, "emergency", callee="110"))
            await remote.seen(report(DialogState.CONFIRMED, now() - 100 * SECOND, "short"))
            await until(lambda: service.table.find("police") is None)
            await asyncio.sleep(0.2)
            left = {call.id: call for call in await remote.calls()}
            assert set(left) == {"suspect", "emergency", "short"}
            assert left["suspect"].flags == ("release?release.suspect_held",)
            assert (await remote.release("police", "Wang", "again")).again
            counts = await remote.counts()
            assert (counts["release_released"], counts["release_refused"], counts["release_proposed"]) == (1, 1, 1)

    ended_by: list[Callable[[str], None]] = []

    def ended(name: str) -> None:
        ended_by[0](name)

    uvloop.run(go())
    assert (tmp_path / "tickets.jsonl").read_text(encoding="utf-8").count("\n") == 1


def test_mirrored_packets_become_records(tmp_path: Path, desk) -> None:
    """The whole way: packets over UDP, a call, a file."""
    messages: list[bytes] = []
    wire = desk.wire()
    wire.table = type("Tap", (), {"message": lambda _, __, packet: messages.append(packet.payload)})()
    wire.invite().answer("180 Ringing").answer("200 OK").bye("callee")

    def chunk(kind: int, data: bytes) -> bytes:
        return struct.pack("!HHH", 0, kind, 6 + len(data)) + data

    async def go() -> None:
        async with running(tmp_path) as (service, remote, port):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for message in messages:
                    body = chunk(3, b"\n\0\0\1") + chunk(4, b"\n\0\0\2") + chunk(11, b"\1") + chunk(15, message)
                    sender.sendto(b"HEP3" + struct.pack("!H", 6 + len(body)) + body, ("127.0.0.1", port))
            await until(lambda: bool(rows(service.records)))
            counts = await remote.counts()
            assert counts["received"] == counts["taken"] == len(messages)
            assert (counts["dropped"], counts["calls_ended"]) == (0, 1)
            page = tmp_path / "counts.prom"
            await until(lambda: page.is_file() and f"fanzha_live_received {len(messages)}\n" in page.read_text())
            assert "# TYPE fanzha_live_calls gauge" in page.read_text()

    uvloop.run(go())
    (row,) = rows(tmp_path / "records")
    assert (row["caller"], row["released_by"], row["release_cause"]) == (LISTED, "callee", 16)


def test_a_full_disk_keeps_signalling_going_and_acknowledges_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        async with running(tmp_path) as (service, remote, _):

            def full(*_: object) -> None:
                raise StorageError("no space left on device")

            with monkeypatch.context() as patched:
                patched.setattr(service._journal, "put", full)
                await remote.seen(report(DialogState.CONFIRMED, now() - SECOND))
                with pytest.raises(StorageError, match="cannot be written"):
                    await remote.seen(report(DialogState.TERMINATED, now()))
                assert (await remote.counts())["records_waiting"] == 1
            await until(lambda: bool(rows(service.records)))
            await remote.seen(report(DialogState.TERMINATED, now()))

    uvloop.run(go())
