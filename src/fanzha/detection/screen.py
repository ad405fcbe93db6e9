"""Decides which calls carry a false caller number (R1-R8), from the raw number and the door it came in by.

These rules need no profile: the first call is enough. A caller's firings are written once an hour a rule, the first of
a day with the call itself as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

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
from fanzha.records.contract import Ingress

COLUMNS = ("caller_raw", "trunk")
_CODES = 8
_PLAIN = frozenset({numbering.Kind.MOBILE, numbering.Kind.MVNO, numbering.Kind.FIXED, numbering.Kind.INTERNATIONAL})
_REMEMBERED = 2_000_000  # (caller, rule, hour) rows; beyond it the oldest half is forgotten and may be written again
Detail = dict[str, object]


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
    """Screens batches of calls in order of arrival; remembers what it has written, within a bound."""

    def __init__(self, pack: Pack, contracts: Mapping[str, numbering.TrunkContract]) -> None:
        self._pack = pack
        self.contracts = contracts
        self._written: dict[tuple[int, int, int], None] = {}
        self.labelled = 0

    def judge(self, batch: pa.RecordBatch) -> tuple[Findings, dict[int, Detail]]:
        """Firings of one batch, with the raw words behind each snapshot."""
        suspect = batch.filter(pa.array(_worth_a_look(batch)))
        if suspect.num_rows == 0:
            return nothing(), {}
        verdict = self._verdict(suspect)
        rows: list[tuple[int, int, int]] = []  # row of suspect, rule, whether first of its day
        for code in range(_CODES):
            for action, mask in (("block", verdict.block), ("label", verdict.label)):
                rule = self._pack.cli.get((f"R{code + 1}", action), -1)
                hit = np.flatnonzero(mask >> code & 1)
                if action == "label":
                    self.labelled += len(hit)
                if rule >= 0 and len(hit):
                    rows += self._fresh(suspect, hit, rule)
        return self._write(suspect, rows)

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

    def _fresh(self, suspect: pa.RecordBatch, hit: NDArray[np.int64], rule: int) -> list[tuple[int, int, int]]:
        caller = _array(suspect, "caller", np.int64)[hit]
        hour = (suspect.column("started").cast(pa.int64()).to_numpy() // 3_600_000_000)[hit]
        seq = _array(suspect, "seq", np.int64)[hit]
        order = np.lexsort((seq, hour, caller))
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(caller[order]) != 0) | (np.diff(hour[order]) != 0)
        rows = []
        for at in order[first]:
            key = (int(caller[at]), rule, int(hour[at]))
            if key[0] != 0 and key not in self._written:
                day = (key[0], rule, -(key[2] + 8) // 24)
                rows.append((int(hit[at]), rule, int(day not in self._written)))
                self._note(key, day)
        return rows

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

    def _write(self, suspect: pa.RecordBatch, rows: list[tuple[int, int, int]]) -> tuple[Findings, dict[int, Detail]]:
        firings = np.zeros(len(rows), FIRING)
        vectors = np.full((sum(first for _, _, first in rows), FIELD_COUNT), np.nan)
        recent = np.zeros((len(vectors), RECENT), np.int64)
        details: dict[int, Detail] = {}
        snapshot = 0
        for firing, (row, rule, first) in zip(firings, rows, strict=True):
            call = suspect.slice(row, 1).to_pylist()[0]
            firing["key"], firing["seq"], firing["rule"] = call["caller"], call["seq"], rule
            firing["t"] = int(call["started"].timestamp())
            firing["peer"], firing["place"] = call["callee"] or 0, call["caller_cell"] or 0
            firing["kind"] = EntityKind.NUMBER
            firing["snapshot"] = snapshot if first else -1
            if first:
                vectors[snapshot, BY_NAME["call_out"].index] = 1.0
                vectors[snapshot, BY_NAME["call_answered"].index] = float(call["answered"] is not None)
                ingress = Ingress(call["ingress"])
                vectors[snapshot, BY_NAME["call_international"].index] = float(ingress == Ingress.INTERNATIONAL)
                recent[snapshot, 0] = call["seq"]
                details[snapshot] = {
                    "caller_raw": call["caller_raw"],
                    "trunk": call["trunk"],
                    "ingress": ingress.name.lower(),
                }
                snapshot += 1
        return Findings(firings, vectors, recent, np.zeros(0, EVENT)), details


def _array(batch: pa.RecordBatch, name: str, dtype: type) -> NDArray[Any]:
    filled = pc.fill_null(batch.column(name), 0)
    values: NDArray[Any] = filled.to_numpy(zero_copy_only=False).astype(dtype)
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
