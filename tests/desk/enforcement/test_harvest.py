from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from fanzha.desk.enforcement.harvest import harvest
from fanzha.desk.enforcement.models import CountedPart, Tally
from fanzha.records.lake import Lake
from fanzha.records.merging import merge_due
from fanzha.records.verdicts import VERDICTS, store_verdicts

AT = int(datetime(2026, 11, 16, 2, tzinfo=UTC).timestamp() * 1e6)


def verdict(number: int, *reasons: tuple[int, str]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(VERDICTS.names)
    named = [{"code": "fraud", "action": action, "by": by} for action, by in reasons]
    return {
        **row, "id": number, "key": str(number), "network": "hb", "at": AT + number, "ingress": 0, "action": 4,
        "code": 603, "reasons": named, "policy_version": 1, "micros": 9,
    }  # fmt: skip


def test_each_verdict_counts_once_for_the_entry_that_decided(db: None, tmp_path: Path) -> None:
    """A1, A6: by number and by call, back from the gateway's own log."""
    rows = [
        verdict(1, (1, "entry:measure:9"), (4, "entry:measure:7")),
        verdict(2, (4, "entry:measure:7"), (4, "entry:measure:8")),  # the first of the hardest
        verdict(3, (4, "limit:rate")),
        verdict(4),
    ]
    with Lake(tmp_path) as lake:
        store_verdicts(lake, pa.Table.from_pylist(rows, VERDICTS), network="hb", name="segment-1")
        assert harvest(lake, datetime(2026, 11, 17, tzinfo=UTC)) == 0  # nothing was said since
        assert harvest(lake, datetime(2026, 11, 16, tzinfo=UTC)) == 1
        assert harvest(lake, datetime(2026, 11, 16, tzinfo=UTC)) == 0
        assert harvest(lake) == 0
        store_verdicts(
            lake, pa.Table.from_pylist([verdict(5, (4, "entry:measure:7"))], VERDICTS), network="hb", name="s2"
        )
        assert harvest(lake) == 1
    tally = Tally.objects.get()
    assert (tally.entry, str(tally.day), tally.action, tally.calls) == ("measure:7", "2026-11-16", "block", 3)


def test_parts_put_together_count_no_verdict_twice_and_none_too_little(db: None, tmp_path: Path) -> None:
    """A1: whichever of them were counted before."""
    with Lake(tmp_path) as lake:

        def say(number: int) -> None:
            row = verdict(number, (4, "entry:measure:7"))
            store_verdicts(lake, pa.Table.from_pylist([row], VERDICTS), network="hb", name=f"s{number}")

        for number in (2, 4, 6):
            say(number)
        assert harvest(lake) == 3
        for number in (1, 3, 5):
            say(number)
        assert merge_due(lake, everything=True) == 6
        assert harvest(lake, datetime(2026, 11, 16, tzinfo=UTC)) == 1
        assert Tally.objects.get().calls == 6
        assert harvest(lake) == 0
        assert [counted.path for counted in CountedPart.objects.all()] == [
            part.path for part in lake.manifest.parts("verdicts")
        ]  # and what it was put together of is no longer kept in mind
        say(7)
        assert merge_due(lake, everything=True) == 0
        assert harvest(lake) == 1
    assert Tally.objects.get().calls == 7
