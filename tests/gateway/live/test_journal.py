from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fanzha.errors import StorageError
from fanzha.gateway.live.journal import Journal, read_segment
from fanzha.gateway.live.outlet import Outlet
from fanzha.gateway.live.record import Row
from fanzha.gateway.live.snapshot import load, save
from fanzha.records.contract import CALLS_RAW
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake

START = 1_790_000_000_000_000


def row(name: str, **more: object) -> Row:
    return Row(call_id=name, started=START, caller="+8613812345678", callee="+8613987654321", **more)


def ids(folder: Path) -> list[str]:
    return [name for path in sorted(folder.glob("*.parquet")) for name in pq.read_table(path)["call_id"].to_pylist()]


def test_rows_become_files_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    outlet = Outlet(tmp_path / "calls", journal)
    for name in "abc":
        journal.put(row(name))
    journal.put(row("a", released_by="network"))
    journal.turn()
    assert outlet.store() == 3
    assert outlet.store() == 0
    table = pq.read_table(next((tmp_path / "calls").glob("*.parquet")))
    assert table.schema.equals(CALLS_RAW)
    assert dict(zip(table["call_id"].to_pylist(), table["released_by"].to_pylist(), strict=True))["a"] == "network"
    assert journal.turn() is None


def test_the_youngest_wait_for_what_the_other_leg_says(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    outlet = Outlet(tmp_path / "calls", journal)
    journal.put(row("a", released_by="callee"))
    assert journal.turn(settle_s=60) is None
    journal.put(row("a", released_by="network"))
    journal.turn()
    outlet.store()
    assert pq.read_table(tmp_path / "calls")["released_by"].to_pylist() == ["network"]


def test_who_waits_is_in_one_file_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    outlet = Outlet(tmp_path / "calls", journal)
    journal.put(row("old"))
    time.sleep(0.06)
    journal.put(row("young"))
    for settle_s in (0.05, 0):
        journal.turn(settle_s)
        outlet.store()
    assert ids(tmp_path / "calls") == ["old", "young"]


def test_what_a_kill_leaves_is_stored_at_the_next_start(tmp_path: Path) -> None:
    """Killed after each of three steps: written, in the file but not noted, noted."""
    journal = Journal(tmp_path / "journal")
    journal.put(row("a"))
    again = Journal(tmp_path / "journal")
    outlet = Outlet(tmp_path / "calls", again)
    (segment,) = again.waiting()
    assert outlet.store() == 1
    segment.write_bytes(segment.with_suffix(".stored").read_bytes())
    assert outlet.store() == 1
    assert ids(tmp_path / "calls") == ["a"]


def test_a_torn_line_is_counted_and_the_others_stand(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.put(row("a"))
    path = journal.turn()
    assert path is not None
    with path.open("ab") as file:
        file.write(b'{"call_id": "b", "sta')
    rows, torn = read_segment(path)
    assert ([each.call_id for each in rows], torn) == (["a"], 1)


def test_the_same_call_twice_adds_nothing_to_the_lake(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    outlet = Outlet(tmp_path / "calls", journal)
    for _ in range(2):
        journal.put(row("a"))
        journal.turn()
        outlet.store()
    with Lake(tmp_path) as lake:
        first, second = (import_file(lake, path) for path in sorted((tmp_path / "calls").glob("*.parquet")))
    assert (first.stored, second.stored, second.duplicates) == (1, 0, 1)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        Journal(tmp_path / "file" / "journal")
    with pytest.raises(StorageError):
        Outlet(tmp_path / "file" / "calls", Journal(tmp_path / "journal"))


def test_a_snapshot_knows_what_has_ended_since(desk, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    outlet = Outlet(tmp_path / "calls", journal)
    desk.wire(id="goes").invite().answer("200 OK")
    ends = desk.wire(id="ends").invite().answer("200 OK")
    save(tmp_path / "live", desk.table, journal)
    ends.later(1).bye()
    journal.put(desk.rows[0])
    journal.turn()
    outlet.store()
    assert [call.id for call in load(tmp_path / "live", Journal(tmp_path / "journal"))] == ["goes"]
    (tmp_path / "live").write_bytes(b"of another version")
    assert load(tmp_path / "live", journal) == []


PROGRAM = """
import sys
import time
from pathlib import Path
from fanzha.gateway.live.journal import Journal
from fanzha.gateway.live.outlet import Outlet
from fanzha.gateway.live.record import Row

home = Path(sys.argv[1])
journal = Journal(home / "journal")
outlet = Outlet(home / "calls", journal)
outlet.store()
for n in range(10**9):
    journal.put(Row(call_id=f"{sys.argv[2]}-{n}", started=1_790_000_000_000_000 + n, caller="1", callee="2"))
    print(f"{sys.argv[2]}-{n}", flush=True)
    if n % 50 == 49:
        journal.turn()
        outlet.store()
"""


def test_no_acknowledged_end_is_lost_by_kill_9(tmp_path: Path) -> None:
    """Killed again and again at arbitrary moments; every end that was told is in exactly the rows of the files."""
    told: list[str] = []
    for turn in range(4):
        running = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), str(turn)], stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        try:
            for _ in range(150 + 37 * turn):
                told.append(running.stdout.readline().strip())
        finally:
            os.kill(running.pid, signal.SIGKILL)
            rest = running.stdout.read().split("\n")
            running.stdout.close()
            running.wait()
        told += [name for name in rest[:-1] if name]
    outlet = Outlet(tmp_path / "calls", Journal(tmp_path / "journal"))
    outlet.store()
    found = ids(tmp_path / "calls")
    assert set(told) <= set(found)
    assert len(found) == len(set(found))
