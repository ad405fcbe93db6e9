"""Decides what stands as evidence beside each cause: the very calls, starts, rule versions and imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from fanzha import numbering
from fanzha.detection.pack import Pack
from fanzha.detection.parity.compare import Story
from fanzha.detection.parity.course import Leg, hash_of
from fanzha.errors import InputError
from fanzha.records.lake import Lake

_SHOWN = 3


def moment(t: int) -> str:
    """Epoch seconds as ISO-8601 UTC."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def starts(course: list[Leg]) -> dict[str, Any]:
    """The starts after the first: when, after which call, and how many were stepped again in silence."""
    rows = [
        {
            "at": moment(leg.session.at),
            "after_seq": leg.session.cursor,
            "checkpoint_seq": leg.session.position,
            "silent": leg.session.cursor - leg.session.position,
        }
        for leg in course[1:]
    ]
    return {"restarts": len(rows), "last": rows[-_SHOWN:]}


def versions(course: list[Leg], packs: Mapping[str, Pack | None], now: Pack, scheme: str) -> dict[str, Any]:
    """Each change of rules on the way to those of now, and which rules it touched: the scheme's own, else others'.

    Others' matter where the scheme rests on the facts that they tell.
    """
    changes: list[dict[str, Any]] = []
    former, seq = course[0].session.pack, 0
    for leg in course:
        seq = leg.session.cursor
        for name, at, reached in (
            (leg.session.pack, leg.session.at, seq),
            *((batch.pack, batch.at, batch.reached) for batch in leg.batches),
        ):
            if hash_of(name) != hash_of(former):
                rules = _changed(packs.get(former), packs.get(name), scheme)
                changes.append({"at": moment(at), "after_seq": seq, **_pair(former, name), "rules": rules})
            former, seq = name, reached
    if hash_of(former) != now.hash:
        rules = _changed(packs.get(former), now, scheme)
        changes.append({"at": "", "after_seq": seq, **_pair(former, now.hash), "rules": rules})
    return {"changes": len(changes), "last": changes[-_SHOWN:]}


def _pair(former: str, later: str) -> dict[str, str]:
    return {"from": hash_of(former), "to": hash_of(later)}


def _changed(former: Pack | None, later: Pack | None, scheme: str) -> list[str]:
    """Rules that are not the same in both, as id@version: those of a scheme, or all where its own are the same."""
    if former is None or later is None:
        return []
    one, other = _terms(former), _terms(later)
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    schemes = {rule.name: rule.scheme for pack in (former, later) for rule in pack.rules}
    return [name for name in names if schemes[name] == scheme] or names


def _terms(pack: Pack) -> dict[str, object]:
    return {
        rule.name: (rule.text, rule.score, rule.minimum, rule.on, rule.exemptions, rule.stage, rule.share)
        for rule in pack.rules
    }


def imports(course: list[Leg], newest: int) -> dict[str, Any]:
    """When which import of reference tables was first known."""
    rows: list[dict[str, int]] = []
    for leg in course:
        marks = [(leg.session.cursor, leg.session.known)]
        ends = [leg.session.cursor, *(batch.reached for batch in leg.batches)]
        marks += zip(ends, (batch.known for batch in leg.batches), strict=False)
        for seq, known in marks:
            if not rows or rows[-1]["import"] != known:
                rows.append({"after_seq": seq, "import": known})
    return {"imports": rows[-_SHOWN:], "newest": newest}


def models(course: list[Leg], now: int) -> dict[str, Any]:
    """Which model was asked from which call on."""
    rows: list[dict[str, int]] = []
    for leg in course:
        seq = leg.session.cursor
        for batch in leg.batches:
            if not rows or rows[-1]["model"] != batch.model:
                rows.append({"after_seq": seq, "model": batch.model})
            seq = batch.reached
    return {"models": rows[-_SHOWN:], "now": now}


def late(lake: Lake, story: Story, cursor: int, all_late: int) -> dict[str, Any]:
    """The entity's own calls that arrived after one that began later; `all_late` such calls in the whole network.

    A story told by facts of others (a victim, a site) may rest on their late calls alone.
    """
    calls = calls_of(lake, story, cursor)
    found: dict[str, Any] = {"late_calls": all_late, "own_late_calls": 0, "own": []}
    if calls is None or calls.num_rows == 0:
        return found
    calls = calls.sort_by("seq")
    t = calls["started"].cast(pa.int64()).to_numpy() // 1_000_000
    behind = np.maximum.accumulate(t) - t
    rows = np.flatnonzero(behind > 0)
    found["own_late_calls"] = len(rows)
    for row in calls.take(pa.array(rows[:_SHOWN])).select(["id", "seq", "started", "seen"]).to_pylist():
        started, seen = row["started"], row["seen"]
        found["own"].append(
            {
                "record": row["id"],
                "seq": row["seq"],
                "started": moment(int(started.timestamp())),
                "arrived": moment(int(seen.timestamp())) if seen else "",
            }
        )
    found["by_seconds"] = int(behind.max())
    return found


def key_of(lake: Lake, story: Story) -> int | None:
    """The key of a story's entity, None where there is none."""
    kind, value, _ = story
    try:
        if kind == "number":
            return int(numbering.normalise(pa.array([value])).number[0])
        return lake.device_key(value) if kind == "device" else lake.cell_key(value)
    except (InputError, ValueError):
        return None


def calls_of(lake: Lake, story: Story, cursor: int) -> pa.Table | None:
    """The calls of a story's entity up to a seq, None where the lake does not know such a one."""
    key = key_of(lake, story)
    if key is None:
        return None
    if story[0] == "number":
        return lake.calls_of(key, up_to_seq=cursor)
    return (lake.calls_of_device if story[0] == "device" else lake.calls_of_cell)(key, up_to_seq=cursor)
