"""A checkpoint restores the very profiles, and anything wrong with it means rebuilding, never a wrong answer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from streams import streams
from test_table import many, run

from fanzha.profiles import checkpoint
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.table import LiveTable

BYTES = 2_000_000


def table(size: int = BYTES) -> LiveTable:
    return LiveTable(EntityKind.NUMBER, max_bytes=size)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(streams(keys=4, longest=80))
def test_going_on_after_a_restore_gives_the_same_answers(tmp_path: Path, events: np.ndarray) -> None:
    half = len(events) // 2
    through, stopped, restored = table(), table(), table()
    want = run(through, events)[half:]
    run(stopped, events[:half])
    checkpoint.save(tmp_path / "c", {EntityKind.NUMBER: stopped}, half, {"a": 1})
    assert checkpoint.load(tmp_path / "c", {EntityKind.NUMBER: restored}) == (half, {"a": 1})
    assert np.array_equal(run(restored, events[half:]), want, equal_nan=True)


def test_a_checkpoint_of_another_layout_or_bound_is_discarded(tmp_path: Path) -> None:
    live = table()
    run(live, many(50, 5))
    checkpoint.save(tmp_path / "c", {EntityKind.NUMBER: live}, 7, {})
    assert checkpoint.load(tmp_path / "c", {EntityKind.NUMBER: table(BYTES * 2)}) == (0, {})
    header = tmp_path / "c" / "header.json"
    header.write_text(json.dumps(json.loads(header.read_text()) | {"layout": "other"}))
    assert checkpoint.load(tmp_path / "c", {EntityKind.NUMBER: table()}) == (0, {})


def test_a_torn_checkpoint_is_discarded_and_the_former_one_used(tmp_path: Path) -> None:
    live = table()
    run(live, many(50, 5))
    checkpoint.save(tmp_path / "c", {EntityKind.NUMBER: live}, 7, {})
    (tmp_path / "c").rename(tmp_path / "c.old")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "header.json").write_text("{")
    assert checkpoint.load(tmp_path / "c", {EntityKind.NUMBER: table()})[0] == 7
    assert checkpoint.load(tmp_path / "nothing", {EntityKind.NUMBER: table()}) == (0, {})
