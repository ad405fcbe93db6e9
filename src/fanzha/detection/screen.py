"""Decides which calls carry a false caller number (R1-R8), from the raw number and the door it came in by.

These rules need no profile: the first call is enough. A caller's firings are written once an hour a rule, the first of
a day with the call itself as evidence. "First" is by arrival where calls are judged live, by time in hindsight; never
by how the records happen to lie in files, for then two looks at one history would differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.detection.judge import FIRING, Findings, nothing
from fanzha.detection.pack import Pack
from fanzha.errors import InputError
from fanzha.profiles.event import EVENT
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind
from fanzha.profiles.layout import RECENT
from fanzha.records.contract import CALLS, Ingress

COLUMNS = ("caller_raw", "trunk")
_CODES = 8
_HOUR = 3_600_000_000  # microseconds
_PLAIN = frozenset({numbering.Kind.MOBILE, numbering.Kind.MVNO, numbering.Kind.FIXED, numbering.Kind.INTERNATIONAL})
_REMEMBERED = 2_000_000  # (caller, rule, hour) rows; beyond it the oldest half is forgotten and may be written again
_NEEDED = pa.schema(
    (name, CALLS.field(name).type)
    for name in ("caller", "callee", "seq", "started", "answered", "ingress", "trunk", "caller_raw", "caller_cell")
)
Detail = dict[str, object]


class Hits(NamedTuple):
    """Calls that broke a rule: rows of `_NEEDED`, and the place of the rule that each broke."""

    calls: pa.Table
    rule: NDArray[np.int64]


def all_hits(parts: Sequence[Hits]) -> Hits:
    """Several batches' hits as one."""
    return Hits(pa.concat_tables([part.calls for part in parts]), np.concatenate([part.rule for part in parts]))


def contracts_of(trunks: pa.Table) -> dict[str, numbering.TrunkContract]:
    """What each trunk may show as its caller number, from the `trunks` reference.

    A trunk without a row, or with one that cannot be read, has no known contract: no rule rests on it.
    """
    permitted = trunks.filter(pc.is_valid(trunks.column("permitted")))
    found = {}
    rows = zip(permitted.column("trunk").to_pylist(), permitted.column("permitted").to_pylist(), strict=True)
    for name, text in rows:
        with suppress(InputError):
            found[name] = numbering.TrunkContract.parse(text)
    return found


class Screen:
    """Screens batches of calls; remembers what it has written, within a bound."""

    def __init__(self, pack: Pack, contracts: Mapping[str, numbering.TrunkContract], *, by_time: bool = False) -> None:
        self._pack = pack
        self._by_time = by_time
        self.contracts = contracts
        self._written: dict[tuple[int, int, int], None] = {}
        self.labelled = 0

    def judge(self, batch: pa.RecordBatch) -> tuple[Findings, dict[int, Detail]]:
        """Firings of one batch, later than all before it, with the raw words behind each snapshot."""
        return self.written(self.hits(batch))

    def none(self) -> Hits:
        """No hits."""
        return Hits(_NEEDED.empty_table(), np.zeros(0, np.int64))

    def hits(self, batch: pa.RecordBatch) -> Hits:
        """What of one batch could be written: the first call of each caller, rule and hour."""
        suspect = batch.filter(pa.array(_worth_a_look(batch)))
        found: list[tuple[NDArray[np.int64], int]] = []  # rows of suspect, rule
        if suspect.num_rows:
            verdict = self._verdict(suspect)
            for code in range(_CODES):
                for action, mask in (("block", verdict.block), ("label", verdict.label)):
                    rule = self._pack.cli.get((f"R{code + 1}", action), -1)
                    hit = np.flatnonzero(mask >> code & 1)
                    if action == "label":
                        self.labelled += len(hit)
                    if rule >= 0 and len(hit):
                        found.append((hit[self._first(suspect.take(pa.array(hit)))], rule))
        rows = np.concatenate([np.zeros(0, np.int64), *(hit for hit, _ in found)])
        calls = pa.Table.from_batches([suspect.select(_NEEDED.names)]).take(pa.array(rows)).cast(_NEEDED)
        rules = [np.full(len(hit), rule) for hit, rule in found]
        return Hits(calls, np.concatenate([np.zeros(0, np.int64), *rules]))

    def _first(self, calls: pa.RecordBatch) -> NDArray[np.int64]:
        """The first row of each caller's hour."""
        caller, seq, micros = _array(calls, "caller", np.int64), _array(calls, "seq", np.int64), _micros(calls)
        hour = micros // _HOUR
        order = np.lexsort((seq, *([micros] if self._by_time else []), hour, caller))
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(caller[order]) != 0) | (np.diff(hour[order]) != 0)
        rows: NDArray[np.int64] = order[first & (caller[order] != 0)]
        return rows

    def written(self, hits: Hits) -> tuple[Findings, dict[int, Detail]]:
        """Firings of these hits, in their order, but for those of an hour that was written before."""
        if hits.calls.num_rows == 0:
            return nothing(), {}
        caller, seq, micros = _array(hits.calls, "caller", np.int64), hits.calls["seq"].to_numpy(), _micros(hits.calls)
        hours = micros // _HOUR
        order = np.lexsort((hits.rule, seq, *([micros // 1_000_000] if self._by_time else [])))
        rows: list[tuple[int, int, int]] = []  # row of calls, rule, whether first of its day
        for at in order.tolist():
            key = (int(caller[at]), int(hits.rule[at]), int(hours[at]))
            if key not in self._written:
                day = (key[0], key[1], -(key[2] + 8) // 24)
                rows.append((at, key[1], int(day not in self._written)))
                self._note(key, day)
        return self._write(hits.calls, rows)

    def _verdict(self, suspect: pa.RecordBatch) -> numbering.FalseCli:
        raw = suspect.column("caller_raw")
        clir = suspect.column("clir").cast(pa.int8())
        newest = pc.max(suspect.column("started")).as_py()
        return numbering.false_cli(
            raw,
            numbering.normalise(raw),
            ingress=_array(suspect, "ingress", np.int8),
            trunk_owns=self._owned(suspect),
            clir=pc.fill_null(clir, -1).to_numpy(zero_copy_only=False).astype(np.int8),
            as_of=newest.date(),
        )

    def _owned(self, suspect: pa.RecordBatch) -> NDArray[np.int8]:
        """1 the trunk's contract permits the caller, 0 it does not, -1 no contract known."""
        owned = np.full(suspect.num_rows, -1, np.int8)
        trunks = np.array(suspect.column("trunk").to_pylist(), dtype=object)
        caller = _array(suspect, "caller", np.int64)
        for name in set(trunks.tolist()) & set(self.contracts):
            here = np.flatnonzero(trunks == name)
            owned[here] = self.contracts[name].contains(caller[here])
        return owned

    def remember(self, firing: np.void, rule: int, *, first: bool) -> None:
        """A firing written before a stop: not to be written again."""
        key = (int(firing["key"]), rule, int(firing["t"]) // 3600)
        self._note(key, (key[0], rule, -(key[2] + 8) // 24)) if first else self._note(key)

    def _note(self, *keys: tuple[int, int, int]) -> None:
        for key in keys:
            self._written[key] = None
        if len(self._written) > _REMEMBERED:
            for key in list(self._written)[: _REMEMBERED // 2]:
                del self._written[key]

    def _write(self, calls: pa.Table, rows: list[tuple[int, int, int]]) -> tuple[Findings, dict[int, Detail]]:
        firings = np.zeros(len(rows), FIRING)
        vectors = np.full((sum(first for _, _, first in rows), FIELD_COUNT), np.nan)
        recent = np.zeros((len(vectors), RECENT), np.int64)
        details: dict[int, Detail] = {}
        told = calls.take(pa.array([row for row, _, _ in rows], pa.int64())).to_pylist()
        for firing, call, (_, rule, first) in zip(firings, told, rows, strict=True):
            firing["key"], firing["seq"], firing["rule"] = call["caller"], call["seq"], rule
            firing["t"] = int(call["started"].timestamp())
            firing["peer"], firing["place"] = call["callee"] or 0, call["caller_cell"] or 0
            firing["kind"], firing["snapshot"] = EntityKind.NUMBER, len(details) if first else -1
            if first:
                _picture(call, vectors[len(details)])
                recent[len(details), 0] = call["seq"]
                details[len(details)] = {
                    "caller_raw": call["caller_raw"],
                    "trunk": call["trunk"],
                    "ingress": Ingress(call["ingress"]).name.lower(),
                }
        return Findings(firings, vectors, recent, np.zeros(0, EVENT)), details


def _picture(call: Mapping[str, Any], vector: NDArray[np.float64]) -> None:
    """All that such an alert knows of its number: this call."""
    vector[BY_NAME["call_out"].index] = 1.0
    vector[BY_NAME["call_answered"].index] = float(call["answered"] is not None)
    vector[BY_NAME["call_international"].index] = float(call["ingress"] == Ingress.INTERNATIONAL)


def _micros(calls: pa.RecordBatch | pa.Table) -> NDArray[np.int64]:
    micros: NDArray[np.int64] = calls.column("started").cast(pa.int64()).to_numpy()
    return micros


def _array(batch: pa.RecordBatch | pa.Table, name: str, dtype: type) -> NDArray[Any]:
    filled = pc.fill_null(batch.column(name), 0)
    plain = filled.to_numpy() if isinstance(filled, pa.ChunkedArray) else filled.to_numpy(zero_copy_only=False)
    values: NDArray[Any] = plain.astype(dtype)
    return values


def _worth_a_look(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Calls that any of the rules could touch: not a plain number, from inside, shown openly."""
    ingress = _array(batch, "ingress", np.int8)
    inside = (ingress == Ingress.UNKNOWN) | (ingress == Ingress.LOCAL) | (ingress == Ingress.INTERNETWORK)
    plain = np.isin(numbering.kind_of(_array(batch, "caller", np.int64)), [int(kind) for kind in _PLAIN])
    clir = pc.fill_null(batch.column("clir"), False).to_numpy(zero_copy_only=False)
    known = pc.is_valid(batch.column("caller")).to_numpy(zero_copy_only=False)
    result: NDArray[np.bool_] = known & ~(plain & inside & ~clir)
    return result
