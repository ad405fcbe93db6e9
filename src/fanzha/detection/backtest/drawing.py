"""Decides who is drawn into a sample, and writes it: a week of one kind of entity, so that sliders need not wait.

The chance of an entity grows with its calls of the week, up to certainty; how far is set by the rows that are wanted.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.backtest import keep, walk
from fanzha.detection.backtest.draft import reads_level
from fanzha.detection.backtest.history import History, Progress
from fanzha.detection.backtest.sample import TOTALS, Made, Sample, place_of, read_sample, tried_alone
from fanzha.detection.backtest.spread import fields_of_kind, spread_of
from fanzha.detection.backtest.trial import drawn
from fanzha.detection.bytecode import STACK
from fanzha.detection.judge import make_sink
from fanzha.detection.pack import Pack
from fanzha.detection.scan import STAGE_ONE, codes_of
from fanzha.errors import InputError, StorageError, UsageError
from fanzha.profiles.event import Events
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind
from fanzha.profiles.layout import FINGERPRINT
from fanzha.profiles.spill import BUCKETS
from fanzha.profiles.table import PROMOTE_AT
from fanzha.profiles.trace import single_store
from fanzha.records.lake import Lake

ROWS = 2_000_000  # kept moments: 0.9 GB on disk, twice that while it is drawn
DAYS = 7
_CHUNK = 50_000
_OUT = BY_NAME["call_out"].index
_Ints = NDArray[np.int64]


def ready(
    lake: Lake,
    home: Path,
    *,
    pack: Pack,
    kind: EntityKind = EntityKind.NUMBER,
    network: str = "default",
    progress: Progress | None = None,
) -> Sample:
    """The sample under FANZHA_HOME; prepared now where there is none, or calls came more than a day after its end.

    Raises as `prepare` does. A slider reads what a nightly job prepared (`read_sample`) and never waits for this.
    """
    folder = place_of(home, network, kind)
    with suppress(InputError):
        found = read_sample(folder, pack)
        _, newest, _ = lake.span(network)
        if newest is None or newest < datetime.fromisoformat(found.made.end) + timedelta(days=1):
            return found
    return prepare(lake, folder, pack=pack, kind=kind, network=network, temporary=home / "tmp", progress=progress)


def prepare(
    lake: Lake,
    folder: Path,
    *,
    pack: Pack,
    kind: EntityKind = EntityKind.NUMBER,
    network: str = "default",
    end: datetime | None = None,
    days: int = DAYS,
    rows: int = ROWS,
    seed: int = 1,
    temporary: Path,
    progress: Progress | None = None,
) -> Sample:
    """Draw a sample of the last `days` before `end` (else the lake's last call), of about `rows` kept moments.

    `folder` holds it whole or is left as it was. The same lake, pack and seed give the same sample.
    Raises UsageError for an empty week or a kind of the second stage, StorageError.
    """
    tell = progress or (lambda _step, _share: None)
    if kind not in STAGE_ONE:
        what = f"a sample is drawn of numbers, devices or cells, and a {kind.name.lower()} is fed by others' facts"
        raise UsageError(what, hint="only a whole backtest can tell: leave out --quick")
    _, newest, _ = lake.span(network)
    if newest is None:
        raise UsageError(f"the lake has no calls of network {network}", hint="fanzha import first")
    until = end or datetime.fromtimestamp(int(newest.timestamp()) + 1, UTC)
    start = until - timedelta(days=days)
    with History(lake, kind, network=network, start=start, end=until, temporary=temporary, tell=tell) as history:
        if history.calls == 0:
            raise UsageError("no calls in that week", hint="fanzha lake status shows what is there")
        _put(_Drawing(history, pack, rows, seed), folder, tell)
    return read_sample(folder, pack)


def _put(drawing: _Drawing, folder: Path, tell: Progress) -> None:
    """Draw into a folder beside it, which takes its place once it is whole."""
    part = folder.with_name(folder.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        drawing.write(part, tell)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        what = f"cannot write the sample: {error.strerror}"
        raise StorageError(what, where=str(folder), hint="free disk space (about 2 GB)") from error


class _Drawing:
    """Draws one sample from a history."""

    def __init__(self, history: History, pack: Pack, rows: int, seed: int) -> None:
        self.history, self.pack, self.seed = history, pack, seed
        self.since = int(history.start.timestamp())
        self.store = single_store(history.kind, history.begin)
        self.rules = [
            rule
            for rule in pack.rules
            if rule.entity == history.kind and rule.judged and not rule.shadow and not reads_level(rule)
        ]
        self.certain = self._certain(rows / BUCKETS)
        self.judged = self.full_hits = self.kept_hits = 0
        self.key: list[_Ints] = []
        self.chance: list[NDArray[np.float64]] = []
        self.whose: list[NDArray[np.int32]] = []

    def write(self, folder: Path, tell: Progress) -> None:
        """Every bucket, then the columns one after another."""
        rows = entities = 0
        with (folder / "rows.f32").open("wb") as file:
            for number in range(BUCKETS):
                moments, whose, count = self._bucket(number)
                file.write(moments.tobytes())
                self.whose.append(whose + np.int32(entities))
                rows, entities = rows + len(moments), entities + count
                tell("judge", (number + 1) / BUCKETS)
        arrays = {name: np.concatenate(getattr(self, name)) for name in ("key", "chance", "whose")}
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        columns = _transposed(folder, rows)
        tell("tell", 0.5)
        (folder / "made.json").write_bytes(msgspec.json.encode(self._made(rows, entities, columns, arrays)))
        tell("tell", 1.0)

    def _certain(self, rows: float) -> float:
        """From how many calls of the week an entity is always drawn, so that a bucket gives so many moments."""
        events, starts = self._runs(0)
        if len(events) == 0:
            return 1.0
        mask = np.zeros(len(events), bool)
        keep.kept(events, self.since, mask)
        calls = np.add.reduceat((events["t"] >= self.since).astype(np.int64), starts)
        moments = np.add.reduceat(mask.astype(np.int64), starts)
        low, high = 1.0, float(max(calls.max(), 1))
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if (np.minimum(1, calls / middle) * moments).sum() <= rows else (middle, high)
        return round(high, 3) if (np.minimum(1, calls) * moments).sum() > rows else 1.0

    def _runs(self, number: int) -> tuple[Events, _Ints]:
        events = self.history.bucket(number)
        starts = np.flatnonzero(np.append(True, np.diff(events["key"]) != 0)) if len(events) else np.zeros(0, np.int64)
        return events, starts

    def _bucket(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.int32], int]:
        """The kept moments of the drawn of one bucket, whose each is, and how many were drawn."""
        events, starts = self._runs(number)
        if len(events) == 0:
            return np.zeros((0, FIELD_COUNT), np.float32), np.zeros(0, np.int32), 0
        lengths = np.diff(np.append(starts, len(events)))
        calls = np.add.reduceat((events["t"] >= self.since).astype(np.int64), starts)
        judged = (calls > 0) & (lengths >= PROMOTE_AT)
        chance = np.minimum(1.0, calls / self.certain)
        key = events["key"][starts]
        chosen = judged & (drawn(key, self.seed) / 2.0**63 < chance)
        own = events[np.repeat(chosen, lengths)]
        self.judged += int(judged.sum())
        self.key.append(key[chosen])
        self.chance.append(chance[chosen])
        mask = np.zeros(len(own), bool)
        moments = np.empty((keep.kept(own, self.since, mask), FIELD_COUNT), np.float32)
        whose = np.empty(len(moments), np.int32)
        count = keep.vectors(self.store, own, self.history.known, mask, moments, whose, np.full(FIELD_COUNT, np.nan))
        self._measure(own, moments[:count], whose[:count], int(chosen.sum()))
        return moments[:count], whose[:count], int(chosen.sum())

    def _measure(self, own: Events, moments: NDArray[np.float32], whose: NDArray[np.int32], entities: int) -> None:
        """Count the hits of the pack's rules among the drawn, from every call and from the kept moments."""
        code = codes_of(self.pack)[self.history.kind]
        tried = tried_alone(self.rules, self.pack.words, self.since)
        tally = walk.blank(tried, entities)
        walk.walk(self.store, own, self.history.known, tried, tally, code, make_sink(0, 1))
        self.full_hits += int((tally.first > 0).sum())
        columns = np.ascontiguousarray(moments.T)
        for rule in self.rules:
            reached = np.zeros(entities, np.int32)
            keep.climbed(
                columns,
                np.arange(FIELD_COUNT),
                whose,
                columns[TOTALS[0]] + columns[TOTALS[1]],
                columns[_OUT],
                tried_alone([rule], self.pack.words, self.since),
                reached,
                np.full(FIELD_COUNT, np.nan),
                np.zeros(STACK),
            )
            self.kept_hits += int(reached.sum())

    def _made(
        self, rows: int, entities: int, columns: NDArray[np.float32], arrays: dict[str, NDArray[np.float64]]
    ) -> Made:
        history = self.history
        starts = np.flatnonzero(np.append(True, np.diff(arrays["whose"]) != 0)) if rows else np.zeros(0, np.int64)
        weight = 1 / arrays["chance"][arrays["whose"][starts].astype(np.int64)]
        fields = fields_of_kind(history.kind) if rows else []
        return Made(
            kind=history.kind.name.lower(),
            network=history.network,
            start=history.start.isoformat(),
            end=history.end.isoformat(),
            calls=history.calls,
            judged=self.judged,
            entities=entities,
            rows=rows,
            certain=self.certain,
            seed=self.seed,
            pack=self.pack.hash,
            layout=FINGERPRINT,
            full_hits=self.full_hits,
            kept_hits=self.kept_hits,
            fields=[spread_of(field, history.kind, columns[field.index], starts, weight) for field in fields],
        )


def _transposed(folder: Path, rows: int) -> NDArray[np.float32]:
    """The rows as columns on disk: a question reads only the fields it asks for."""
    path = folder / "rows.f32"
    columns = np.zeros((FIELD_COUNT, 0), np.float32)
    if rows:
        whole = np.memmap(path, np.float32, "r", shape=(rows, FIELD_COUNT))
        with (folder / "columns.f32").open("wb") as file:  # a full disk is told here, and not by a signal below
            os.posix_fallocate(file.fileno(), 0, 4 * rows * FIELD_COUNT)
        columns = np.memmap(folder / "columns.f32", np.float32, "r+", shape=(FIELD_COUNT, rows))
        for at in range(0, rows, _CHUNK):
            columns[:, at : at + _CHUNK] = whole[at : at + _CHUNK].T
        columns.flush()
    path.unlink()
    return columns
