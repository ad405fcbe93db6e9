from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from fanzha.errors import StorageError
from fanzha.policy import PolicyStore, Publisher, Refused, Seen, Side, Subject, Trunk
from fanzha.signing import public_key

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000
SECRET = bytes(range(32))
PUBLIC = public_key(SECRET)
Messages = Callable[[], list[bytes]]
TraceFunction = Callable[..., Any]
CALLER = 8613812345678


def blocked(store: PolicyStore, key: int = CALLER, at: int = NOW) -> list[str]:
    assert store.current is not None
    return [hit.id for hit in store.current.hit(Side.CALLER, key, None, None, 0, at)]


def test_a_gateway_starts_with_the_desk_dead_enforces_the_last_good_policy_and_says_how_old_it_is(
    publisher: Publisher, store: PolicyStore, messages: Messages, tmp_path: Path, entry
) -> None:
    publisher.snapshot([entry()], trunks=[Trunk(id="t", owner="o", ranges=((1, 2),))])
    publisher.delta([entry("+8613900000000", id="e2")])
    assert [store.take(message).taken for message in messages()] == [True, True]
    store.heard()
    again = PolicyStore(tmp_path / "kept", {PUBLIC}, clock=lambda: NOW + 2 * HOUR)
    assert again.current is None
    assert again.age_s() is None
    policy = again.load()
    assert policy is not None
    assert (policy.version, len(policy), again.age_s()) == (2, 2, 7200.0)
    assert policy.contract("t") is not None
    assert blocked(again) == ["e1"]
    assert blocked(again, 8613900000000) == ["e2"]
    assert again.heard_at() == NOW + 60_000_000


def test_a_wrong_signature_leaves_the_last_good_policy(
    publisher: Publisher, store: PolicyStore, messages: Messages, tmp_path: Path, entry
) -> None:
    publisher.snapshot([entry()])
    store.take(messages()[0])
    stranger = Publisher(tmp_path / "stranger", bytes(32), clock=lambda: NOW)
    stranger.snapshot([])
    stranger.snapshot([])
    forged = (tmp_path / "stranger" / "000000000002.snapshot").read_bytes()
    receipt = store.take(forged)
    assert (receipt.taken, receipt.refusal) == (False, "signature")
    assert (store.version, blocked(store), sum(store.refusals.totals().values())) == (1, ["e1"], 1)
    assert [row["refusal"] for row in store.refusals.rows()] == ["signature"]


def test_every_changed_cut_or_lengthened_byte_is_noticed(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    publisher.snapshot([entry(id=f"e{at}", value=f"+8613812{at:06d}") for at in range(50)])
    good = messages()[0]
    # The zeros that align a column are nobody's.
    used = [at for at in range(0, len(good), 7) if good[at]]
    for at in used:
        assert not store.take(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]).taken, at
    for cut in (0, 1, 15, 16, 24, 100, len(good) - 1):
        assert not store.take(good[:cut]).taken
    assert not store.take(good + b"\0").taken
    assert store.current is None
    assert store.take(good).taken


def test_numbers_only_rise_and_leave_no_gap(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    publisher.snapshot([entry()])
    publisher.delta([entry("+8613900000000", id="e2")])
    publisher.delta([], ["e1"])
    first, second, third = messages()
    assert store.take(second).refusal == "skipped"
    assert store.take(first).taken
    assert store.take(third).refusal == "skipped"
    assert store.take(second).taken
    assert store.take(second).known
    assert store.take(first).known
    assert store.take(third).taken
    assert blocked(store) == []
    publisher.snapshot([])
    other = Publisher(publisher.store.folder.parent / "other", SECRET, clock=lambda: NOW + 1)
    other.snapshot([])
    assert store.take(other.store.folder / "000000000001.snapshot").refusal == "lower"
    assert store.version == 3


def test_a_later_snapshot_may_skip_what_was_missed(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    publisher.snapshot([entry()])
    store.take(messages()[0])
    publisher.delta([entry("+8613900000000", id="e2")])
    publisher.snapshot([entry("+8613700000000", id="e3")])
    assert store.take(messages()[-1]).taken
    assert store.version == 3
    assert blocked(store) == []


def test_a_damaged_snapshot_on_disk_gives_way_to_the_one_before(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    publisher.snapshot([entry()])
    publisher.delta([entry("+8613900000000", id="e2")])
    publisher.snapshot([])
    for message in messages():
        store.take(message)
    path = store.folder / "000000000003.snapshot"
    path.write_bytes(path.read_bytes()[:-8])
    policy = store.load()
    assert policy is not None
    assert (policy.version, store.damaged) == (2, ["000000000003.snapshot"])
    assert blocked(store) == ["e1"]
    assert store.take(messages()[-1]).taken
    assert store.damaged == []
    assert store.load() is store.current
    assert (store.version, store.damaged) == (3, [])


def test_only_what_two_snapshots_need_stays_on_disk(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    for _ in range(4):
        publisher.snapshot([entry()])
        publisher.delta([entry(id="e2")])
        for message in messages():
            store.take(message)
    assert sorted(path.name for path in store.folder.glob("0*")) == [
        "000000000005.snapshot", "000000000006.delta", "000000000007.snapshot", "000000000008.delta"
    ]  # fmt: skip


def test_another_process_of_the_host_takes_up_what_one_has_taken(
    publisher: Publisher, store: PolicyStore, messages: Messages, tmp_path: Path, entry
) -> None:
    worker = PolicyStore(tmp_path / "kept", {PUBLIC})
    assert worker.load() is None
    publisher.snapshot([entry()])
    publisher.delta([], ["e1"])
    first, second = messages()
    store.take(first)
    assert worker.refresh()
    assert blocked(worker) == ["e1"]
    held = worker.current
    store.take(second)
    assert worker.refresh()
    assert blocked(worker) == []
    assert not worker.refresh()
    assert held is not None
    assert len(held) == 1, "a policy in use never changes"


def test_a_message_that_came_within_one_tick_of_the_clock_is_noticed(
    publisher: Publisher, store: PolicyStore, messages: Messages, tmp_path: Path, entry
) -> None:
    publisher.snapshot([entry()])
    publisher.delta([], ["e1"])
    first, second = messages()
    store.take(first)
    worker = PolicyStore(tmp_path / "kept", {PUBLIC})
    worker.load()
    stamp = (tmp_path / "kept").stat().st_mtime_ns
    store.take(second)
    os.utime(tmp_path / "kept", ns=(stamp, stamp))
    assert worker.refresh()
    assert worker.version == 2


def test_a_policy_that_would_stop_the_callers_just_seen_is_refused(
    publisher: Publisher, messages: Messages, tmp_path: Path, entry
) -> None:
    calls = [Seen(8613800000000 + at % 2000, 8657188880000) for at in range(8000)]
    calls += [Seen(8613900000000, 8613700000000 + at) for at in range(5000)]
    store = PolicyStore(tmp_path / "kept", {PUBLIC}, seen=lambda: calls, clock=lambda: NOW)
    publisher.snapshot([entry("+8613900000000")])
    publisher.delta([entry("+86138000000*", id="wide", subject=Subject.PREFIX)])
    assert store.take(messages()[0]).taken, "a robot that made a third of all calls is one caller"
    refused = store.take(messages()[1])
    assert (refused.refusal, store.version) == ("traffic", 1)
    calls.clear()
    assert store.take(messages()[1]).taken, "with no calls to judge by, nothing is refused"


def test_what_begins_tomorrow_is_judged_today(publisher: Publisher, messages: Messages, tmp_path: Path, entry) -> None:
    """Nobody would look again when it does."""
    calls = [Seen(8613800000000 + at, 8657188880000) for at in range(2000)]
    store = PolicyStore(tmp_path / "kept", {PUBLIC}, seen=lambda: calls, clock=lambda: NOW)
    day = 24 * HOUR
    publisher.snapshot(
        [entry("+86138000000*", id="wide", subject=Subject.PREFIX, starts=NOW + day, expires=NOW + 2 * day)]
    )
    assert store.take(messages()[0]).refusal == "traffic"


def test_one_callee_whom_everybody_calls_cannot_be_cut_off(
    publisher: Publisher, messages: Messages, tmp_path: Path, entry
) -> None:
    calls = [Seen(8613800000000 + at, 8657188880000 if at < 20 else 8657188880001) for at in range(2000)]
    store = PolicyStore(tmp_path / "kept", {PUBLIC}, seen=lambda: calls, clock=lambda: NOW)
    publisher.snapshot([])
    publisher.delta([entry("057188880000", id="one", side=Side.CALLEE)])
    store.take(messages()[0])
    refused = store.take(messages()[1])
    assert refused.refusal == "traffic"
    assert "entry one" in refused.message


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="policy cannot be kept"):
        PolicyStore(tmp_path / "file", {PUBLIC})


def test_the_log_shows_no_whole_number(
    publisher: Publisher, store: PolicyStore, caplog: pytest.LogCaptureFixture, entry
) -> None:
    with pytest.raises(Refused):
        publisher.snapshot([entry(expires=NOW + 1, starts=NOW + 1)])
    with pytest.raises(Refused):
        publisher.snapshot([entry("138123456789")])
    assert "12345678" not in caplog.text
    assert all("12345678" not in str(row) for row in publisher.store.refusals.rows())


def dies_while_taking(store: PolicyStore, message: bytes, lines: int) -> bool:
    """Take a message in a child that is killed (kill -9) after so many lines of our code; whether it was."""
    ours = {"fanzha.policy.store", "fanzha.policy.shelf", "fanzha.policy.sealed"}
    left = lines

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal left
        if frame.f_globals.get("__name__") in ours:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    child = os.fork()
    if child == 0:
        sys.settrace(trace)
        store.take(message)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("kind", ["snapshot", "delta"])
def test_killed_at_any_moment_the_last_good_policy_is_there(
    kind: str, publisher: Publisher, messages: Messages, tmp_path: Path, entry
) -> None:
    """The old policy or the new one, never none; and the new one can be taken afterwards."""
    publisher.snapshot([entry()])
    if kind == "snapshot":
        publisher.snapshot([entry("+8613900000000", id="e2")])
    else:
        publisher.delta([entry("+8613900000000", id="e2")], ["e1"])
    first, second = messages()
    seen = set()
    for lines in range(1, 1000, 7):
        store = PolicyStore(tmp_path / f"kept{lines}", {PUBLIC}, clock=lambda: NOW)
        assert store.take(first).taken
        killed = dies_while_taking(store, second, lines)
        policy = store.load()
        assert policy is not None
        assert store.damaged == []
        seen.add((policy.version, len(policy), blocked(store) == ["e1"]))
        assert store.take(second).refusal == ""
        if not killed:
            break
    assert not killed
    assert seen == {(1, 1, True), (2, 1, False)}


def test_a_full_disk_costs_the_new_policy_not_the_old_one(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    publisher.snapshot([entry()])
    publisher.snapshot([entry(f"+8613800{at:06d}", id=f"e{at}") for at in range(200)])
    first, second = messages()
    store.take(first)
    child = os.fork()
    if child == 0:  # the limit holds for this process only
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            store.take(second)
        except StorageError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not list(store.folder.glob(".*"))
    store.load()
    assert (store.version, blocked(store)) == (1, ["e1"])
    assert store.take(second).taken


def test_a_key_that_is_no_longer_trusted_opens_nothing(publisher: Publisher, messages: Messages, store, entry) -> None:
    publisher.snapshot([entry()])
    store.take(messages()[0])
    other = PolicyStore(store.folder, {public_key(bytes(32))})
    assert other.load() is None
    assert other.damaged == ["000000000001.snapshot"]


def test_a_device_entry_is_met_through_a_snapshot(publisher: Publisher, entry) -> None:
    publisher.snapshot([entry("49-015420-323751-8", subject=Subject.DEVICE)])
    policy = publisher.store.current
    assert policy is not None
    hits = policy.hit(Side.CALLER, None, None, "4901542032375199", 0, NOW)
    assert [hit.value for hit in hits] == ["490154203237518"]
