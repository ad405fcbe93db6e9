"""Decides where the masts stand: districts, location areas and cells with their weight of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fanzha.world.province import Province

CELL_KINDS = ("居民区", "商务区", "学校", "工业园", "乡镇", "交通枢纽")


@dataclass(frozen=True)
class Cells:
    """Cells in order of city and district; `lo[c]:lo[c + 1]` are those of city c."""

    name: pa.Array  # digits: country, network, location area, cell
    lac: pa.Array
    region: np.ndarray  # int32, GB/T 2260 district
    place: pa.Array
    lon: np.ndarray
    lat: np.ndarray
    city: np.ndarray  # int16
    lo: np.ndarray  # int32[cities + 1]

    def table(self) -> pa.Table:
        return pa.table(
            {
                "cell": self.name,
                "lac": self.lac,
                "region": pa.array(self.region),
                "place": self.place,
                "lon": pa.array(np.round(self.lon, 5)),
                "lat": pa.array(np.round(self.lat, 5)),
            }
        )


def make_cells(province: Province, subscribers: int, rng: np.random.Generator) -> Cells:
    """About one cell for 120 subscribers, at least three a city."""
    people = np.array([city.population_m for city in province.cities])
    wanted = np.clip(subscribers / 120, 4 * len(people), 9000)
    counts = np.maximum(3, np.round(wanted * people / people.sum())).astype(np.int64)
    city = np.repeat(np.arange(len(counts)), counts)
    lo = np.concatenate([[0], np.cumsum(counts)])
    region = np.empty(len(city), np.int32)
    place, lacs = [], np.empty(len(city), np.int64)
    for c, one in enumerate(province.cities):
        codes = np.array(list(one.districts))
        weight = 1 / (1 + np.arange(len(codes))) ** 0.4
        region[lo[c] : lo[c + 1]] = np.sort(rng.choice(codes, counts[c], p=weight / weight.sum()))
        within = np.arange(counts[c])
        lacs[lo[c] : lo[c + 1]] = 28000 + c * 100 + within // 40
        kinds = rng.choice(len(CELL_KINDS), counts[c], p=[0.42, 0.18, 0.08, 0.1, 0.16, 0.06])
        place += [
            f"{one.zh}{one.districts[int(code)]}{CELL_KINDS[kind]}{n}"
            for n, (code, kind) in enumerate(zip(region[lo[c] : lo[c + 1]], kinds, strict=True), 1)
        ]
    ci = 10001 + np.arange(len(city)) * 7 % 89989
    names = [f"{province.mcc_mnc}{lac}{cell}" for lac, cell in zip(lacs, ci, strict=True)]
    centre = np.array([(one.lon, one.lat) for one in province.cities])[city]
    spread = rng.normal(0, 1, (len(city), 2)) * np.array([0.18, 0.14])
    return Cells(
        pa.array(names),
        pa.array([str(lac) for lac in lacs]),
        region,
        pa.array(place),
        centre[:, 0] + spread[:, 0],
        centre[:, 1] + spread[:, 1],
        city.astype(np.int16),
        lo.astype(np.int32),
    )
