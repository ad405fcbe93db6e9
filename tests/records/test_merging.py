"""Small parts of verdicts become few, and nothing is lost, doubled or forgotten by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from fanzha.records.lake import Lake
from fanzha.records.limits import limits
from fanzha.records.merging import merge_due, sources_of
from fanzha.records.verdicts import VERDICTS, store_verdicts, stored_names, stored_verdicts

DAY = 86_400_000_000
NOW = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp() * 1e6)
MERGE = """
import sys
from pathlib import Path
from fanzha.records.lake import Lake
from fanzha.records.merging import merge_due
with Lake(Path(sys.argv[1])) as lake:
    merge_due(lake, everything=True)
"""


def rows(*keys: str, at: int = NOW) -> pa.Table:
    plain = dict.fromkeys(VERDICTS.names) | {
        "id": 1, "network": "home", "ingress": 1, "action": 4, "code": 603, "policy_version": 7, "micros": 30,
        "reasons": [{"code": "police", "action": 4, "by": "entry:1"}], "degraded": ["trunk"],
    }  # fmt: skip
    said = [{**plain, "key": key, "at": at + i} for i, key in enumerate(keys)]
    return pa.Table.from_pylist(said, VERDICTS)


def filled(lake: Lake, *names: str, at: int = NOW) -> None:
    for i, name in enumerate(names):
        store_verdicts(lake, rows(f"{name}-1", f"{name}-2", at=at + i * 10), network="home", name=name)


def keys(lake: Lake) -> list[str]:
    return sorted(stored_verdicts(lake)["key"].to_pylist())


def on_disk(lake: Lake) -> set[str]:
    found = (lake.root / "verdicts").rglob("*")
    return {path.relative_to(lake.root).as_posix() for path in found if path.is_file()}


def few(monkeypatch: pytest.MonkeyPatch, **values: int) -> None:
    smaller = msgspec.structs.replace(limits(), **values)
    monkeypatch.setattr("fanzha.records.merging.limits", lambda: smaller)


def test_a_days_small_parts_become_one_that_knows_them(tmp_path: Path) -> None:
    with Lake(tmp_path) as lake:
        filled(lake, "s_1@7", "s_1.9", "s 2")
        before = keys(lake)
        assert merge_due(lake) == 0  # three are not many
        assert merge_due(lake, everything=True) == 3
        assert merge_due(lake, everything=True) == 0
        (part,) = lake.manifest.parts("verdicts")
        assert (part.rows, part.first, part.last) == (6, NOW, NOW + 21)
        assert [source.rows for source in sources_of(lake.root, part.path)] == [2, 2, 2]
        assert stored_names(lake, "home") == {"s_1@7", "s_1.9", "s 2"}
        assert stored_names(lake, "home", since=2**62) == set()
        assert store_verdicts(lake, rows("s_1-1"), network="home", name="s_1@7") == 0  # stored once is stored
        with lake.writing():
            pass
        assert on_disk(lake) == lake.manifest.files()
        assert keys(lake) == before
        filled(lake, "s3")
        assert len(keys(lake)) == 8
        assert sum(lake.drop_before(date(2027, 1, 1)).values()) == 8


def test_when_parts_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many of a day, or a few of one that is over; never more rows than a part may have."""
    few(monkeypatch, verdict_parts=4, late_parts=2, verdict_rows=6)
    with Lake(tmp_path) as lake:
        filled(lake, "a", "b")
        assert merge_due(lake) == 0
        filled(lake, "c", at=NOW + 100)
        filled(lake, "d", at=NOW + 200)
        assert merge_due(lake) == 3  # six rows
        assert merge_due(lake) == 0
        filled(lake, "e", at=NOW + 300)
        assert merge_due(lake) == 0
        filled(lake, "f", at=NOW + DAY)  # the day of the others is over
        assert merge_due(lake) == 2
        assert sorted(part.rows for part in lake.manifest.parts("verdicts")) == [2, 4, 6]


@pytest.mark.parametrize("point", ["merging-written", "merging-before-commit", "merging-after-commit"])
def test_killed_anywhere_the_old_parts_are_there_or_the_new_one(tmp_path: Path, point: str) -> None:
    with Lake(tmp_path) as lake:
        filled(lake, "a", "b", "c")
        before = keys(lake)
        killed = subprocess.run(
            [sys.executable, "-W", "error", "-c", MERGE, tmp_path],
            env={**os.environ, "FANZHA_FAILPOINT": point},
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert keys(lake) == before
        assert len(lake.manifest.parts("verdicts")) == (1 if point == "merging-after-commit" else 3)
        assert stored_names(lake, "home") == {"a", "b", "c"}
        with lake.writing():
            pass
        assert on_disk(lake) == lake.manifest.files()
        assert merge_due(lake, everything=True) == (0 if point == "merging-after-commit" else 3)
        assert keys(lake) == before


def test_whoever_reads_meanwhile_keeps_what_he_began(tmp_path: Path) -> None:
    from fanzha.records.part import read_columns
    from fanzha.records.storage import reader

    with Lake(tmp_path, clock=lambda: datetime(2026, 11, 22, tzinfo=UTC)) as lake:
        filled(lake, "a", "b")
        with reader(lake.root):
            parts = lake.manifest.parts("verdicts")
            assert merge_due(lake, everything=True) == 2
            with lake.writing():
                pass
            assert sum(read_columns(lake.root / part.path).num_rows for part in parts) == 4
