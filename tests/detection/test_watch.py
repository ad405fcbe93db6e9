"""A watcher equals a scan in order of arrival, and a kill at any moment loses and repeats nothing (issue: watch)."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import fanzha.detection
from fanzha.detection.alert import encode
from fanzha.detection.outbox import Outbox
from fanzha.detection.pack import load_pack
from fanzha.detection.scan import scan
from fanzha.detection.watch import Listener, Options, Watch
from fanzha.errors import InputError, StorageError
from fanzha.records import storage
from fanzha.records.lake import Lake
from province import make_province, references

WATCHER = Path(__file__).parent / "watcher.py"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_province(tmp_path_factory.mktemp("province"))


@pytest.fixture(scope="module")
def scanned(province: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What an uninterrupted watcher said, held to a scan in order of arrival."""
    home = tmp_path_factory.mktemp("through")
    references(home, province).close()
    watch(home, province / "drop")
    with Lake(home) as lake:
        found = scan(lake, load_pack(), temporary=home / "tmp", by_time=False)
    said = newest(home)
    assert said == {alert.id: json.loads(encode(alert)) for alert in found.alerts}
    return said


def watch(home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(WATCHER), str(home), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)


def newest(home: Path) -> dict[str, dict[str, Any]]:
    outbox = Outbox(home / "watch" / "outbox.sqlite")
    try:
        return {alert["id"]: alert for alert in outbox.newest()}
    finally:
        outbox.close()


def test_live_alerts_are_those_of_a_scan_in_order_of_arrival(scanned: dict[str, dict[str, Any]]) -> None:
    assert len(scanned) > 10
    assert {alert["scheme"] for alert in scanned.values()} >= {"mass_dialling", "portable_bridge"}


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_and_repeats_nothing(
    province: Path, scanned: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    chance = random.Random(4)
    references(tmp_path, province).close()
    command = [sys.executable, str(WATCHER), str(tmp_path), str(province / "drop")]
    kills = 0
    for _ in range(12):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()  # at least one file went through: the kill falls into the work, not the start
        time.sleep(chance.uniform(0.0, 0.6))
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        process.stdout.close()
    watch(tmp_path, province / "drop")
    assert kills >= 3
    assert newest(tmp_path) == scanned
    outbox = Outbox(tmp_path / "watch" / "outbox.sqlite")
    rows = [json.dumps(alert, sort_keys=True) for _, alert in outbox.alerts()]
    outbox.close()
    assert len(rows) == len(set(rows))


class Ears(Listener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.wrong: list[str] = []
        self.rebuilt: list[int] = []
        super().__init__(
            receipt=lambda receipt: self.names.append(Path(receipt.file).name),
            refused=lambda path, error: self.wrong.append(f"{path.name}: {error.message}"),
            rebuilding=self.rebuilt.append,
        )


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def once(home: Path, folder: Path, *rules: Path) -> Ears:
    ears = Ears()
    with Lake(home) as lake:
        Watch(lake, load_pack(rules), folder, home / "watch", Options(once=True, max_bytes=50_000_000), ears).run()
    return ears


def test_partial_and_hidden_files_wait_and_wrong_files_are_named(province: Path, tmp_path: Path, drop: Path) -> None:
    piece = sorted((province / "drop").iterdir())[0]
    shutil.copy(piece, drop / "whole.parquet")
    shutil.copy(piece, drop / "growing.parquet.tmp")
    shutil.copy(piece, drop / ".hidden.parquet")
    (drop / "torn.parquet").write_bytes(piece.read_bytes()[:2000])
    (drop / "letter.pdf").write_bytes(b"%PDF-1.7 \x00\x01 not records")
    ears = once(tmp_path / "home", drop)
    assert ears.names == ["whole.parquet"]
    assert sorted(name.split(":")[0] for name in ears.wrong) == ["letter.pdf", "torn.parquet"]


def test_a_file_is_taken_once_and_again_only_when_it_changed(province: Path, tmp_path: Path, drop: Path) -> None:
    first, second = sorted((province / "drop").iterdir())[:2]
    shutil.copy(first, drop / "a.parquet")
    assert once(tmp_path / "home", drop).names == ["a.parquet"]
    assert once(tmp_path / "home", drop).names == []
    (drop / "a.parquet").unlink()
    shutil.copy(second, drop / "a.parquet")
    assert once(tmp_path / "home", drop).names == ["a.parquet"]


def test_files_dealt_with_are_put_away(tmp_path: Path, drop: Path) -> None:
    """A collector of mirrored calls writes a file a second; the folder must not be read whole for ever."""
    header = "caller,callee,started\n"
    (drop / "good.csv").write_text(header + "13812345678,13987654321,2026-11-01 08:00:00\n")
    (drop / "deep").mkdir()
    (drop / "deep" / "bad.csv").write_text("a,b\n1,2\n")
    with Lake(tmp_path / "home") as lake:
        for _ in range(2):
            options = Options(once=True, done=tmp_path / "done")
            Watch(lake, load_pack(), drop, tmp_path / "home" / "watch", options).run()
        assert lake.position() == 1
        with pytest.raises(InputError, match="found again"):
            Watch(lake, load_pack(), drop, tmp_path / "home" / "watch", Options(done=drop / "done"))
    assert not [path for path in drop.rglob("*") if path.is_file()]
    assert {path.name for path in (tmp_path / "done").rglob("*.csv")} == {"good.csv", "bad.csv"}


def test_an_edited_rule_rebuilds_the_profiles_and_says_so_but_a_restart_does_not(
    province: Path, tmp_path: Path, drop: Path
) -> None:
    shutil.copy(sorted((province / "drop").iterdir())[0], drop / "a.parquet")
    assert once(tmp_path / "home", drop).rebuilt == []
    assert once(tmp_path / "home", drop).rebuilt == []
    shipped = Path(fanzha.detection.__file__).parent / "rules" / "cell_anomaly.yaml"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(
        shipped.read_text(encoding="utf-8").replace("id: cell_anomaly.", "id: own.").replace("score: 62", "score: 61"),
        encoding="utf-8",
    )
    (calls,) = once(tmp_path / "home", drop, tmp_path / "rules").rebuilt
    assert calls > 0


def test_a_missing_folder_is_said_plainly(tmp_path: Path) -> None:
    with Lake(tmp_path) as lake, pytest.raises(InputError, match="no such folder"):
        Watch(lake, load_pack(), tmp_path / "nowhere", tmp_path / "watch", Options())


def test_two_watchers_of_one_network_do_not_judge_the_same_calls(
    tmp_path: Path, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_ENDING_S", 0.0)
    state = tmp_path / "home" / "watch"
    with Lake(tmp_path / "home") as lake:
        second = Watch(lake, load_pack(), drop, state, Options(once=True, max_bytes=50_000_000))
        with storage.alone(state / "watch.lock", "held", ""), pytest.raises(StorageError, match="another watcher"):
            second.run()
