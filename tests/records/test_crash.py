"""Nothing half-written is ever visible: real processes, really killed."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fanzha.errors import StorageError
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
from fanzha.records.storage import writer

Deliver = Callable[..., Path]
Call = Callable[..., str]

IMPORT = """
import sys
from pathlib import Path
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
with Lake(Path(sys.argv[1])) as lake:
    for name in sys.argv[2:]:
        import_file(lake, name)
    lake.compact()
"""
POINTS = [
    "chunk-written",
    "parts-written",
    "parts-synced",
    "parts-renamed",
    "import-before-commit",
    "import-after-commit",
]
SORTING = ["compaction-written", "compaction-before-commit", "compaction-after-commit"]


def run(home: Path, *files: Path, point: str = "") -> int:
    environment = {**os.environ, "FANZHA_FAILPOINT": point}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT, home, *files], env=environment, check=False
    ).returncode


def seen(lake: Lake) -> tuple[int, list[str], int]:
    """What a reader can tell: rows, callees, refused rows; and all ways to them agree."""
    callees = sorted(raw for batch in lake.scan(["callee_raw"]) for raw in batch["callee_raw"].to_pylist())
    assert lake.calls_of(8613800138000).num_rows == len(callees) == lake.position() == lake.span()[2]
    return len(callees), callees, lake.quarantine().num_rows


def files_on_disk(lake: Lake) -> set[str]:
    found = [path for name in ("calls", "quarantine") for path in (lake.root / name).rglob("*") if path.is_file()]
    return {path.relative_to(lake.root).as_posix() for path in found}


def named(lake: Lake) -> set[str]:
    return lake.manifest.files()


@pytest.mark.parametrize("point", [*POINTS, *SORTING])
def test_killed_at_any_step_a_file_is_wholly_there_or_not_at_all(
    lake: Lake, deliver: Deliver, call: Call, tmp_path: Path, point: str
) -> None:
    first = deliver([call(n, day=1 + n % 3) for n in range(20)], "first.csv")
    import_file(lake, first)
    before = seen(lake)
    second = deliver([*(call(n, day=1 + n % 4) for n in range(20, 50)), "garbage"], "second.csv")
    assert run(tmp_path / "home", second, point=point) == -signal.SIGKILL
    after = seen(lake)
    committed = point == "import-after-commit" or point in SORTING
    assert after == before if not committed else (after[0], after[2]) == (50, 1)
    receipt = import_file(lake, second)
    assert receipt.stored == (0 if committed else 30)
    assert seen(lake)[0] == 50
    assert lake.quarantine().num_rows == 1
    lake.compact()
    with lake.writing():
        pass
    assert files_on_disk(lake) == named(lake)
    assert not list((tmp_path / "home").rglob("*.tmp"))


def test_killed_at_any_time_nothing_is_lost_and_nothing_doubled(
    lake: Lake, deliver: Deliver, call: Call, tmp_path: Path
) -> None:
    dice = random.Random(7)
    files = [deliver([call(n, day=1 + n % 5) for n in range(at, at + 400)], f"{at}.csv") for at in range(0, 2000, 400)]
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", IMPORT, tmp_path / "home", *files])
        time.sleep(0.4 + dice.random())
        process.kill()
        process.wait()
        rows, callees, _ = seen(lake)
        assert rows % 400 == 0
        assert len(set(callees)) == rows
    assert run(tmp_path / "home", *files) == 0
    assert seen(lake)[0] == 2000


def test_a_second_writer_is_told_to_wait(
    lake: Lake, deliver: Deliver, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    from fanzha.records.limits import limits

    impatient = msgspec.structs.replace(limits(), lock_seconds=0.05)
    monkeypatch.setattr("fanzha.records.lake.limits", lambda: impatient)
    with writer(lake.root, wait=0), pytest.raises(StorageError, match="another process") as told:
        import_file(lake, deliver([call(1)]))
    assert told.value.hint
    assert import_file(lake, deliver([call(1)])).stored == 1


FULL = """
import resource, signal, sys
from pathlib import Path
from fanzha.errors import StorageError
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Lake(Path(sys.argv[1])) as lake:
    import_file(lake, sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
    try:
        import_file(lake, sys.argv[3])
    except StorageError as error:
        print(error)
        sys.exit(5)
"""


@pytest.mark.parametrize("room", [0, 4000, 20_000, 60_000])
def test_a_full_disk_leaves_the_lake_as_it_was(
    lake: Lake, deliver: Deliver, call: Call, tmp_path: Path, room: int
) -> None:
    dice = random.Random(room)
    first = deliver([call(n) for n in range(10)], "first.csv")
    many = [call(n, callee=f"1{dice.randrange(10**10):010d}", day=1 + n % 3) for n in range(6000)]
    second = deliver([*many, "garbage"], "second.csv")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, tmp_path / "home", first, second, str(room)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "磁盘已满" in done.stdout
    assert seen(lake)[0] == 10
    assert not list((tmp_path / "home").rglob("*.tmp"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert import_file(lake, second).stored == 6000
    assert seen(lake)[0] == 6010


def test_a_reader_keeps_its_parts_while_they_are_replaced(lake: Lake, deliver: Deliver, call: Call) -> None:
    import_file(lake, deliver([call(n, day=1 + n % 5) for n in range(100)]))
    batches = lake.scan(["seq"])
    got = [next(batches)]
    lake.compact()
    with lake.writing():  # would sweep what was replaced, were nobody reading
        pass
    got += list(batches)
    assert sum(batch.num_rows for batch in got) == 100
    with lake.writing():
        pass
    assert files_on_disk(lake) == named(lake)
