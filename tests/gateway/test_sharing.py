from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fanzha.gateway import sharing
from fanzha.gateway.sharing import Shared

CALLER, TRUNK, CALLEE = 8613800000001, 7, 8613900000002


def total(shared: Shared, now: int) -> int:
    return shared.counters.look(CALLER, TRUNK, CALLEE, 999, now).values[2]


def test_gateways_of_one_state_folder_count_together_and_others_do_not(tmp_path: Path) -> None:
    now = time.time_ns() // 1000
    one = Shared(tmp_path / "state", now=now, tmpfs=tmp_path)
    one.counters.record(CALLER, TRUNK, CALLEE, 1, now, True)
    two = Shared(tmp_path / "state", now=now, tmpfs=tmp_path)
    other = Shared(tmp_path / "other", now=now, tmpfs=tmp_path)
    assert (one.joined, two.joined, other.joined) == (False, True, False)
    two.counters.record(CALLER, TRUNK, CALLEE, 2, now, True)
    assert [total(each, now) for each in (one, two, other)] == [3, 3, 1]  # with the call asked about
    one.close()  # a restart of one of two: it comes back to what the other kept
    again = Shared(tmp_path / "state", now=now, tmpfs=tmp_path)
    assert (again.joined, total(again, now)) == (True, 3)
    for each in (two, again, other):
        each.close()
    assert [path.name for path in (tmp_path / f"fanzha-{os.getuid()}").iterdir()] == ["start"]


def test_alone_after_a_kill_they_begin_anew_and_what_was_left_is_removed(tmp_path: Path) -> None:
    now = time.time_ns() // 1000
    for name in ("state", "gone"):
        killed = Shared(tmp_path / name, now=now, tmpfs=tmp_path)
        killed.counters.record(CALLER, TRUNK, CALLEE, 1, now, True)
        assert killed._held is not None
        os.close(killed._held)  # what the kernel does
    fresh = Shared(tmp_path / "state", now=now, tmpfs=tmp_path)
    assert (fresh.joined, total(fresh, now)) == (False, 1)
    assert len(list((tmp_path / f"fanzha-{os.getuid()}").glob("*.counters"))) == 1
    fresh.close()


def test_without_room_or_with_a_folder_of_somebody_elses_a_gateway_counts_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns() // 1000
    (tmp_path / f"fanzha-{os.getuid()}").mkdir(mode=0o777)
    (tmp_path / f"fanzha-{os.getuid()}").chmod(0o777)
    own = Shared(tmp_path / "state", now=now, tmpfs=tmp_path)
    assert own.counters.path is None
    own.close()
    monkeypatch.setattr(sharing, "_ROOM", 1e12)
    (tmp_path / "full").mkdir()
    assert Shared(tmp_path / "state", now=now, tmpfs=tmp_path / "full").counters.path is None
