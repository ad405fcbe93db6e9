from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fanzha.detection.parity.place import workplace
from fanzha.errors import StorageError

KILLED = """
import os, signal, sys
from pathlib import Path
from fanzha.detection.parity.place import workplace
with workplace(Path(sys.argv[1])) as place:
    (place / "checkpoint").write_bytes(bytes(1000))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_comparison_left_goes_with_the_next_and_what_works_stays(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)]).returncode == -9
    (left,) = tmp_path.iterdir()
    assert (left / "checkpoint").is_file()
    with workplace(tmp_path) as first:
        (first / "checkpoint").touch()
        assert not left.exists()
        with workplace(tmp_path) as second:
            assert (first / "checkpoint").is_file()
            assert sorted(tmp_path.iterdir()) == sorted([first, second])
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError), workplace(tmp_path / "file"):
        raise AssertionError
