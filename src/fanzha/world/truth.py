"""Decides what is told of the truth: per number, device, cell and call, who was fraudulent, since when, to whom."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from fanzha.records.contract import UTC_US, Ingress
from fanzha.world.calls import FRAUD_PARTS, UNKNOWN, Part
from fanzha.world.drift import load_drift
from fanzha.world.files import write_table
from fanzha.world.gangs import Gang
from fanzha.world.settle import Settlement

_FRAUD = np.array([int(part) for part in FRAUD_PARTS], np.int8)
_BY_FRAUDSTER = np.array([int(p) for p in (Part.DIAL, Part.HAND_OVER, Part.FOLLOW_UP)], np.int8)
_PARTS = pa.array([part.name.lower() for part in sorted(Part)])


class Truth:
    """Collects what happened while the days are written."""

    def __init__(self, size: int, gangs: list[Gang]) -> None:
        self.gangs = gangs
        self.first = np.full(size, np.iinfo(np.int64).max)
        self.fraud_calls = np.zeros(size, np.int64)
        self.made = np.zeros(size, np.int64)
        self.got = np.zeros(size, np.int64)
        self.victim_of = np.zeros(size, np.int32)
        self.believed = np.zeros(size, bool)
        self._calls: list[pa.Table] = []
        self._pairs: list[np.ndarray] = []  # device and caller, packed

    def note(self, calls: np.ndarray, ids: pa.Array, raw: pa.Array, people: np.ndarray) -> None:
        """Take down one batch of written calls with their call ids."""
        known = calls["caller"] >= 0
        self.made += np.bincount(calls["caller"][known], minlength=len(self.made))
        self.got += np.bincount(calls["callee"], minlength=len(self.got))
        rows = np.flatnonzero((calls["gang"] >= 0) & np.isin(calls["part"], _FRAUD))
        if len(rows) == 0:
            return
        fraud = calls[rows]
        returned = np.isin(fraud["part"], [int(Part.BAITED), int(Part.RETURNED)])
        victim = np.where(returned, fraud["caller"], fraud["callee"])
        forwarded = fraud["forwarded"] >= 0
        victim = np.where(forwarded, fraud["forwarded"], victim)
        bridge = fraud["part"] == Part.BRIDGE
        by = fraud[np.isin(fraud["part"], _BY_FRAUDSTER)]
        self._note_devices(by, people)
        np.minimum.at(self.first, by["caller"], by["start"])
        np.add.at(self.fraud_calls, by["caller"], 1)
        np.add.at(self.victim_of, victim[~bridge & ~returned], 1)
        self.believed[victim[fraud["convinced"]]] = True
        self._calls.append(
            pa.table(
                {
                    "call_id": ids.take(pa.array(rows)),
                    "scheme": _names(self.gangs, fraud["gang"]),
                    "gang": pa.array(fraud["gang"]),
                    "evasion": pa.array(np.array([gang.level for gang in self.gangs], np.int8)[fraud["gang"]]),
                    "part": _PARTS.take(pa.array(fraud["part"])),
                    "victim": raw.take(pa.array(victim, mask=bridge)),
                    "convinced": pa.array(fraud["convinced"]),
                }
            )
        )

    def _note_devices(self, by: np.ndarray, people: np.ndarray) -> None:
        on = by[by["caller"] < len(people)]
        device = np.where(on["device"] >= 0, on["device"], people["device"][on["caller"]]).astype(np.int64)
        self._pairs.append(np.unique(device << 32 | on["caller"]))

    def cards_on(self, device: int) -> int:
        """How many cards committed fraud from this telephone."""
        pairs = np.unique(np.concatenate(self._pairs)) if self._pairs else np.zeros(0, np.int64)
        return int(np.searchsorted(pairs, device + 1 << 32) - np.searchsorted(pairs, device << 32))

    def write(self, out: Path, town: Settlement, shape: str) -> None:
        """numbers and calls; devices and cells are written by `write_places`."""
        raw, roles = town.switch.raw, town.town.role_of
        gang_of = np.full(len(raw), UNKNOWN, np.int32)
        partner = np.zeros(len(raw), bool)
        for gang in self.gangs:
            gang_of[gang.numbers] = gang.index
            gang_of[gang.partners] = gang.index
            partner[gang.partners] = True
        known = gang_of >= 0
        fraud = known & ((self.fraud_calls > 0) | (partner & (self.made + self.got > 0)))
        role = _roles(fraud, known, partner, roles)
        shown = np.flatnonzero((np.arange(len(raw)) < len(town.people)) | known | (role != "ordinary"))
        level = np.array([gang.level for gang in self.gangs] + [0], np.int8)[gang_of]
        first = np.where(self.fraud_calls > 0, self.first, 0)
        table = pa.table(
            {
                "number": raw.take(pa.array(shown)),
                "kind": _kinds(town, self.gangs)[shown],
                "role": pa.array(role[shown]),
                "fraud": pa.array(fraud[shown]),
                "scheme": _names(self.gangs, gang_of[shown]),
                "gang": pa.array(gang_of[shown], mask=~known[shown]),
                "evasion": pa.array(level[shown], mask=~known[shown]),
                "first_fraud": pa.array(first[shown] * 1000, mask=self.fraud_calls[shown] == 0).cast(UTC_US),
                "fraud_calls": pa.array(self.fraud_calls[shown]),
                "calls_made": pa.array(self.made[shown]),
                "calls_got": pa.array(self.got[shown]),
                "fraud_calls_got": pa.array(self.victim_of[shown]),
                "convinced": pa.array(self.believed[shown]),
            }
        )
        write_table(table, out / "truth" / "numbers", shape)
        write_table(pa.concat_tables(self._calls) if self._calls else _NO_CALLS, out / "truth" / "calls", shape)


_NO_CALLS = pa.table(
    {
        "call_id": pa.array([], pa.string()),
        "scheme": pa.array([], pa.string()),
        "gang": pa.array([], pa.int16()),
        "evasion": pa.array([], pa.int8()),
        "part": pa.array([], pa.string()),
        "victim": pa.array([], pa.string()),
        "convinced": pa.array([], pa.bool_()),
    }
)


def _names(gangs: list[Gang], index: np.ndarray) -> pa.Array:
    names = pa.array([gang.name for gang in gangs], pa.string())
    return names.take(pa.array(index, mask=index < 0))


def _roles(fraud: np.ndarray, known: np.ndarray, partner: np.ndarray, roles: dict[int, str]) -> np.ndarray:
    role = np.full(len(known), "ordinary", dtype=object)
    role[list(roles)] = list(roles.values())
    role[known] = "gang_spare"  # in the gang's hands, but no fraud was done with it
    role[fraud] = "fraud_caller"
    role[fraud & partner] = "fraud_bridge_partner"
    return role


def _kinds(town: Settlement, gangs: list[Gang]) -> np.ndarray:
    """What a number is to this network; a mask is nobody's number, whatever it looks like."""
    size = len(town.switch.raw)
    kind = np.full(size, "outside", dtype=object)
    kind[town.switch.ingress == int(Ingress.TRUNK)] = "company"
    kind[: len(town.people)] = "guest"
    kind[: town.subscribers] = "subscriber"
    for gang in gangs:
        if gang.origin == "spoofed":
            kind[gang.numbers] = "mask"
    return kind


def write_places(out: Path, town: Settlement, truth: Truth, shape: str) -> None:
    """devices and cells of the gangs whose cards are seen here, and the cells of honest crowds."""
    devices: list[dict[str, object]] = []
    places: list[dict[str, object]] = []
    imei, cells = town.switch.imei, town.switch.cell_name
    for fair in town.fairs:
        name = town.switch.cell_name[fair.cell].as_py()
        places.append({"cell": name, "role": "fair", "first_day": fair.day, "last_day": fair.day})
    for gang in town.gangs:
        common = {"scheme": gang.name, "gang": gang.index, "evasion": gang.level}
        for at in gang.devices.tolist():
            device, cards = imei[at].as_py(), truth.cards_on(at)
            devices.append(
                {
                    "imei": device,
                    **common,
                    "cards": cards,
                    "gang_numbers": len(gang.numbers),
                    "gang_devices": len(gang.devices),
                }
            )
        for cell in cells.take(pa.array(gang.cells)).to_pylist():
            places.append(
                {"cell": cell, "role": "gang", **common, "first_day": gang.first_day, "last_day": gang.last_day - 1}
            )
    base = [("scheme", pa.string()), ("gang", pa.int32()), ("evasion", pa.int8())]
    device_shape = pa.schema(
        [
            ("imei", pa.string()),
            *base,
            ("cards", pa.int32()),
            ("gang_numbers", pa.int32()),
            ("gang_devices", pa.int32()),
        ]
    )
    cell_shape = pa.schema(
        [("cell", pa.string()), ("role", pa.string()), *base, ("first_day", pa.int32()), ("last_day", pa.int32())]
    )
    write_table(pa.Table.from_pylist(devices, device_shape), out / "truth" / "devices", shape)
    write_table(pa.Table.from_pylist(places, cell_shape), out / "truth" / "cells", shape)


def write_changes(out: Path, town: Settlement, shape: str) -> int:
    """What began, or came and went, while the world lasted, with its first and last day; returns how many."""
    book, role_of = load_drift(), town.town.role_of
    rows: list[dict[str, object]] = [
        {"kind": "holiday", "name": each.en, "zh": each.zh, "first": each.first, "last": each.last}
        for each in town.holidays
    ]
    for name, scheme in book.schemes.items():
        gangs = [gang for gang in town.gangs if gang.name == name]
        lived = sorted({day for gang in gangs for day in (gang.first_day, gang.last_day - 1)})
        rows.append(_change("scheme", name, scheme.zh, lived, sum(len(gang.numbers) for gang in gangs)))
    for name, role in book.roles.items():
        held = np.array([role_of.get(int(number)) == name for number in town.diallers["cli"]], bool)
        lived = np.flatnonzero(town.working[held].any(axis=0)).tolist()
        rows.append(_change("business", name, role.zh, lived, int(held.sum())))
    rows = [row for row in rows if row["first"] is not None]
    for row in rows:
        for side in ("first", "last"):
            row[f"{side}_day"] = town.start + timedelta(days=int(str(row.pop(side))))
    write_table(pa.Table.from_pylist(rows, _CHANGES), out / "truth" / "changes", shape)
    return len(rows)


_CHANGES = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.string()),
        ("zh", pa.string()),
        ("first_day", pa.date32()),
        ("last_day", pa.date32()),
        ("numbers", pa.int32()),
    ]
)


def _change(kind: str, name: str, zh: str, lived: list[int], numbers: int) -> dict[str, object]:
    """lived: days of the world, in order; none where nobody took it up."""
    first, last = (lived[0], lived[-1]) if lived else (None, None)
    return {"kind": kind, "name": name, "zh": zh, "first": first, "last": last, "numbers": numbers}
