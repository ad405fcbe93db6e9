"""A policy is tried on the past by the very function that decides at call time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from fanzha.errors import UsageError
from fanzha.gateway.counters import Counters, sizes
from fanzha.gateway.replay import replay
from fanzha.gateway.state import Live
from fanzha.policy import Action, Entry, Policy, Subject
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake

START = datetime(2026, 11, 1, tzinfo=UTC)
SMALL = msgspec.structs.replace(sizes(), callers=64, trunks=64, calls=64)


def made(lake: Lake, folder: Path) -> None:
    """A caller who dials 40 numbers, one every two seconds, for a second each; another one; the other one to 110."""
    rows = ["id,caller,callee,started,ended,ingress"]

    def add(at: timedelta, caller: str, callee: str, held: int) -> None:
        begun, over = START + at, START + at + timedelta(seconds=held)
        rows.append(f"{len(rows)},{caller},{callee},{begun:%F %T},{over:%F %T},local")

    add(timedelta(hours=3), "13800000001", "110", 60)
    for i in range(40):
        add(timedelta(minutes=90, seconds=2 * i), "13912345678", f"1360000{i:04d}", 1)
    add(timedelta(minutes=1), "13800000001", "13700000000", 60)
    (folder / "calls.csv").write_text("\n".join(rows))
    (folder / "map.yaml").write_text(
        "id: t\nkind: calls\nsource: test\nas_of: 2026-11-22\nzone: UTC\n"
        "columns: {call_id: id, caller: caller, callee: callee, started: started, ended: ended, ingress: ingress}\n"
    )
    import_file(lake, folder / "calls.csv", mapping=folder / "map.yaml", network="home")


def test_history_is_judged_in_order_and_as_calls_are(tmp_path: Path) -> None:
    entry = Entry(id="e", subject=Subject.NUMBER, value="+8613800000001", action=Action.BLOCK, reason="police",
                  source="doc", starts=0, expires=2**60)  # fmt: skip
    policy = Policy(version=1, compiled_at=int(START.timestamp() * 1e6), entries=(entry,))
    live = Live(counters=Counters(now=0, of=SMALL))
    with Lake(tmp_path) as lake:
        made(lake, tmp_path)
        found = list(replay(lake, policy, start=START, end=START + timedelta(days=1), live=live))
        assert len(list(replay(lake, policy, start=START, end=START + timedelta(hours=2)))) == 41
        with pytest.raises(UsageError, match="names no zone"):
            next(replay(lake, policy, start=datetime(2026, 11, 1), end=datetime(2026, 11, 2)))
    assert [call.at for call, _ in found] == sorted(call.at for call, _ in found)
    actions = [verdict.action for _, verdict in found]
    assert (actions[0], actions[-1]) == (Action.BLOCK, Action.ALLOW)  # a listed caller; the same one to 110
    assert actions[1:13] == [Action.ALLOW] * 12
    assert set(actions[13:41]) == {Action.LABEL}
    assert live.counters
    assert live.counters.told()["ended"] == 40
    assert all("counters.concurrent" not in verdict.degraded for _, verdict in found)
