"""Decides what the operator's own tables say: subscribers, cells and trunks, as an import takes them by name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.contract import UTC_US
from fanzha.world.honest import Town
from fanzha.world.people import AGE_BANDS
from fanzha.world.province import Province
from fanzha.world.switch import Switch

_SECOND_CARDS = 0.12  # cards in the name of the neighbour in the table: a second card, a child's
_UNKNOWN_HOME = 0.005


def subscriber_table(
    province: Province, town: Town, switch: Switch, subscribers: int, rng: np.random.Generator
) -> pa.Table:
    """One row a card of this operator; times UTC, all else as strings."""
    people = town.people[:subscribers]
    plan = rng.choice(list(province.plans), subscribers, p=list(province.plans.values()))
    holder = np.arange(subscribers)
    holder[rng.random(subscribers) < _SECOND_CARDS] -= 1
    document = pc.cast(pa.array(np.abs(holder) * 7919 % 999_999_937 + 10**9), pa.string())
    known = rng.random(subscribers) >= _UNKNOWN_HOME
    return pa.table(
        {
            "number": switch.raw.slice(0, subscribers),
            "imsi": switch.imsi.slice(0, subscribers),
            "home_imei": switch.imei.take(pa.array(people["device"])),
            "home_cell": switch.cell_name.take(pa.array(people["home"], mask=~known)),
            "activated": pa.array(town.activated[:subscribers] * 1000).cast(UTC_US),
            "document_hash": document,
            "plan": pa.array(plan),
            "age_band": pa.array(list(AGE_BANDS)).take(pa.array(people["age"])),
        }
    )


def trunk_table(province: Province, town: Town) -> pa.Table:
    """Trunk, owner, numbers permitted (null: any), and whether the owner has a licence."""
    owners = {service.number: service.owner for service in province.services}
    rows: list[tuple[str, str, str | None, bool]] = list(town.companies)
    for name in town.book.trunk_names:
        if name is None or name.startswith("ENT-"):
            continue
        kind, rest = name.split("-", 1)
        if kind == "SVC":
            rows.append((name, owners[rest], rest, True))
        elif kind == "INT":
            rows.append((name, "国际关口局", None, True))
        else:
            carrier = province.carriers.get(rest[:2].lower(), province.carriers["cm"])
            rows.append((name, f"{carrier}{'网间' if kind == 'IN' else '省际'}关口局", None, True))
    columns = list(zip(*sorted(rows, key=lambda row: row[0]), strict=True))
    return pa.table(
        {
            "trunk": pa.array(columns[0]),
            "owner": pa.array(columns[1]),
            "permitted": pa.array(columns[2], pa.string()),
            "licensed": pa.array(columns[3]),
        }
    )
