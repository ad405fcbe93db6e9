"""Decides how a call leaves the switch as a record: raw strings, door, trunk, telephone, card and cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.contract import CALLS_RAW, Ingress, ReleasedBy
from fanzha.world.calls import DAY_MS, HOUR_MS
from fanzha.world.cells import Cells

_INGRESS = pa.array([item.name.lower() for item in sorted(Ingress)])
_RELEASED = pa.array([item.name.lower() for item in sorted(ReleasedBy)])
SHANGHAI_MS = 8 * HOUR_MS
_ABSENT, _VACANT = 20, 1


@dataclass(frozen=True)
class Switch:
    """Everything that turns positions into strings; arrays by position in the number table."""

    raw: pa.Array
    ingress: np.ndarray
    trunk: np.ndarray
    trunk_names: pa.Array
    here: np.ndarray  # bool: this network serves it
    imsi: pa.Array  # by person
    imei: pa.Array  # by device
    cell_name: pa.Array  # this province's cells, then those of others
    cell_region: np.ndarray
    cells: Cells

    def record(self, calls: np.ndarray, people: np.ndarray, first_id: int, day_off: bool) -> pa.Table:
        """CALLS_RAW rows of these calls, in their order; ids count on from `first_id`."""
        here = len(people)
        caller, callee = calls["caller"], calls["callee"]
        has_card = caller < here
        cell_from = where(people, np.where(has_card, caller, 0), calls["start"], self.cells, day_off)
        reached = (callee < here) & (calls["cause"] != _ABSENT) & (calls["cause"] != _VACANT)
        cell_to = where(people, np.where(callee < here, callee, 0), calls["start"], self.cells, day_off)
        own_device = people["device"][np.where(has_card, caller, 0)]
        device_from = np.where(calls["device"] >= 0, calls["device"], own_device)
        device_to = people["device"][np.where(reached, callee, 0)]
        region = np.where(has_card, self.cell_region[cell_from], self.cell_region[cell_to])
        regional = has_card | (callee < here)
        answered = calls["answered"]
        columns = [
            pc.cast(pa.array(first_id + np.arange(len(calls), dtype=np.int64)), pa.string()),
            _take(self.raw, caller, ~calls["withheld"]),
            self.raw.take(pa.array(callee)),
            _time(calls["start"]),
            _time(calls["start"] + calls["ring"], answered),
            _time(calls["start"] + calls["ring"] + calls["talk"]),
            pa.array(calls["ring"]),
            pa.array(calls["talk"]),
            _INGRESS.take(pa.array(self.ingress[caller])),
            self.trunk_names.take(pa.array(self.trunk[caller])),
            pa.array(calls["clir"]),
            _take(self.raw, calls["forwarded"], calls["forwarded"] >= 0),
            pa.array(calls["cause"]),
            _RELEASED.take(pa.array(calls["released"])),
            _take(self.imsi, caller, has_card),
            _take(self.imei, device_from, has_card),
            _take(self.cell_name, cell_from, has_card),
            _take(self.imsi, callee, reached),
            _take(self.imei, device_to, reached),
            _take(self.cell_name, cell_to, reached),
            pa.array(region.astype(np.int32), mask=~regional),
        ]
        return pa.Table.from_arrays(columns, schema=CALLS_RAW)


def _take(values: pa.Array, at: np.ndarray, known: np.ndarray) -> pa.Array:
    return values.take(pa.array(at.astype(np.int64), mask=~known))


def _time(ms: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    mask = None if known is None else ~known
    return pa.array(ms * 1000, mask=mask).cast(CALLS_RAW.field("started").type)


def where(people: np.ndarray, who: np.ndarray, start: np.ndarray, cells: Cells, day_off: bool) -> np.ndarray:
    """int32[n]: the cell that serves these people at these times: home, work, street, round or journey."""
    person = people[who]
    hour = ((start + SHANGHAI_MS) % DAY_MS) // HOUR_MS
    shake = (who.astype(np.int64) * 2654435761 + (start // (HOUR_MS // 2)) * 40503) >> 7 & 1023
    cell = person["home"].copy()
    at_work = (hour >= 9) & (hour < 18) & (not day_off) & (shake < 900)
    cell = np.where(at_work, person["work"], cell)
    out = ((hour >= 18) & (hour < 21) & (shake < 330)) | (day_off & (hour >= 10) & (hour < 18) & (shake < 420))
    cell = np.where(out, person["third"], cell)
    lo, hi = cells.lo[person["city"]], cells.lo[person["city"] + 1]
    round_cell = np.clip(person["home"] + shake % (2 * person["roam"] + 1) - person["roam"], lo, hi - 1)
    cell = np.where((person["roam"] > 0) & (hour >= 7), round_cell, cell)
    return np.asarray(np.where(person["away"] >= 0, person["away"], cell), np.int32)
