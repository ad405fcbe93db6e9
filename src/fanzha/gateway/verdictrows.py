"""Decides what a kept verdict says as a row of records.verdicts.VERDICTS, and takes segments into the lake."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from fanzha.errors import StorageError
from fanzha.gateway.segment import Line, since
from fanzha.gateway.verdictlog import begun_at, segments
from fanzha.records.contract import UTC_US
from fanzha.records.lake import Lake
from fanzha.records.merging import merge_due
from fanzha.records.verdicts import VERDICTS, call_ids, store_verdicts, stored_names

_CLOCKS = 86_400_000_000  # microseconds
_PART = "@"  # between the name of a segment and the end of what was taken of it while it was open


def table_of(said: Iterable[Line], network: str) -> pa.Table:
    """Verdicts as a table of VERDICTS; network: whose gateway this is."""
    rows = list(said)
    columns: dict[str, object] = {
        "id": call_ids([line.call.key for line in rows], network),
        "key": [line.call.key for line in rows],
        "network": [network] * len(rows),
        "at": pa.array([line.verdict.at for line in rows], pa.int64()).cast(UTC_US),
        "caller": [line.caller or None for line in rows],
        "caller_raw": [line.call.caller for line in rows],
        "callee": [line.callee or None for line in rows],
        "callee_raw": [line.call.callee for line in rows],
        "trunk": [line.trunk or None for line in rows],
        "ingress": [line.ingress for line in rows],
        "serving_region": [line.region or None for line in rows],
        "action": [int(line.verdict.action) for line in rows],
        "code": [line.verdict.code for line in rows],
        "reasons": [
            [{"code": why.code, "action": int(why.action), "by": why.by} for why in line.verdict.reasons]
            for line in rows
        ],
        "degraded": [list(line.verdict.degraded) for line in rows],
        "policy_version": [line.verdict.policy_version for line in rows],
        "micros": [min(line.verdict.micros, 2**31 - 1) for line in rows],
    }
    return pa.table([pa.array(columns[field.name], field.type) for field in VERDICTS], schema=VERDICTS)


def take_in(folder: Path, lake: Lake, network: str) -> int:
    """Store what closed segments hold and the lake does not; how many verdicts were new. The segments stay until the
    log itself removes them, for `said`. Small parts that are due are put together. Raises StorageError; what was
    stored before that stays stored."""
    new = Intake(folder, network).turn(lake)
    while merge_due(lake):
        pass
    return new


class Intake:
    """Takes what a gateway's processes have said, turn by turn; each line once, whoever took the earlier ones: one
    takes at a time, and who comes after another, even one that was killed, first looks what the lake has.

    unclosed_s: so often what open segments hold is taken as well, as parts named by where they end; None: never.
    """

    def __init__(self, folder: Path, network: str, *, unclosed_s: float | None = None) -> None:
        self._folder, self._network, self._unclosed_s = folder, network, unclosed_s
        self._own = secrets.token_bytes(16)
        self._known: set[str] = set()
        self._until: dict[str, int] = {}  # by segment: the end of what was taken of it while it was open
        self._due = 0.0

    def turn(self, lake: Lake) -> int:
        """How many verdicts were new. Raises StorageError; what was stored before that stays stored."""
        with lake.taking(self._own) as other:
            if other:
                self._known, self._until = self._read(lake)
            return self._turn(lake)

    def _turn(self, lake: Lake) -> int:
        new, closed = 0, segments(self._folder, closed=True)
        for path in closed:
            if path.stem not in self._known:
                new += self._take(path, lake)
                self._known.add(path.stem)
        if self._unclosed_s is not None and time.monotonic() >= self._due:
            self._due = time.monotonic() + self._unclosed_s
            for path in sorted(self._folder.glob("verdicts-*.open")):
                new += self._take(path, lake)
        here = {path.name.partition(".")[0] for path in segments(self._folder)}
        self._known.intersection_update(path.stem for path in closed)  # what the log has removed never comes again
        self._until = {segment: end for segment, end in self._until.items() if segment in here}
        return new

    def _read(self, lake: Lake) -> tuple[set[str], dict[str, int]]:
        """Under which names the lake has verdicts, and by segment until where it was taken while it was open."""
        begun = [first for path in segments(self._folder) if (first := begun_at(path)) is not None]
        # A part put together before the oldest segment began can hold nothing of it; a day is for clocks.
        names = stored_names(lake, self._network, min(begun, default=0) - _CLOCKS)
        until: dict[str, int] = {}
        for name in names:
            segment, part, end = name.partition(_PART)
            if part:
                until[segment] = max(until.get(segment, 0), int(end))
        return set(names), until

    def _take(self, path: Path, lake: Lake) -> int:
        segment = path.name.partition(".")[0]
        try:
            said, end = since(path, self._until.get(segment, 0))
        except FileNotFoundError:
            return 0  # closed since it was listed, or removed by the log, and counted there
        except OSError as error:
            raise StorageError(f"verdicts cannot be read: {error.strerror}", where=str(path)) from None
        if not said:
            return 0
        name = path.stem if path.suffix == ".seg" else f"{segment}{_PART}{end}"
        new = store_verdicts(lake, table_of(said, self._network), network=self._network, name=name)
        self._until[segment] = end
        return new
