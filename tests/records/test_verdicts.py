"""Verdicts lie beside the calls, are stored once, and say which call they were about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fanzha.records.contract import CALLS_RAW
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
from fanzha.records.verdicts import VERDICTS, call_ids, store_verdicts, stored_verdicts

DAY = 86_400_000_000
NOW = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp() * 1e6)


def rows(*keys: str, at: int = NOW, network: str = "home") -> pa.Table:
    filled = {
        "id": call_ids(keys, network), "key": list(keys), "network": [network] * len(keys),
        "at": pa.array([at + i for i in range(len(keys))], pa.int64()).cast(VERDICTS.field("at").type),
        "ingress": [1] * len(keys), "action": [4] * len(keys), "code": [603] * len(keys),
        "reasons": [[{"code": "police", "action": 4, "by": "entry:1"}]] * len(keys),
        "policy_version": [7] * len(keys), "micros": [30] * len(keys),
    }  # fmt: skip
    columns = [pa.array(filled[f.name], f.type) if f.name in filled else pa.nulls(len(keys), f.type) for f in VERDICTS]
    return pa.table(columns, schema=VERDICTS)


def test_a_verdict_is_joined_with_its_call(tmp_path: Path) -> None:
    """By the id that the call has in the lake, however it came there."""
    call = {"call_id": ["a@1", "b@1"], "caller": ["13800000001"] * 2, "callee": ["110", "119"],
            "started": [datetime.fromtimestamp(NOW / 1e6, UTC)] * 2}  # fmt: skip
    columns = [pa.array(call[f.name], f.type) if f.name in call else pa.nulls(2, f.type) for f in CALLS_RAW]
    pq.write_table(pa.table(columns, schema=CALLS_RAW), tmp_path / "calls.parquet")
    with Lake(tmp_path) as lake:
        import_file(lake, tmp_path / "calls.parquet", network="home")
        store_verdicts(lake, rows("a@1"), network="home", name="s1")
        calls = pa.Table.from_batches(list(lake.scan(["id", "callee_raw"])))
        joined = stored_verdicts(lake).select(["id", "key"]).join(calls, "id").to_pylist()
    assert [(row["key"], row["callee_raw"]) for row in joined] == [("a@1", "110")]


def test_a_segment_is_stored_once_and_day_by_day(tmp_path: Path) -> None:
    both = pa.concat_tables([rows("a", "b"), rows("c", at=NOW + DAY)])
    with Lake(tmp_path) as lake:
        assert store_verdicts(lake, both, network="home", name="s_1") == 3
        assert store_verdicts(lake, both, network="home", name="s_1") == 0
        assert store_verdicts(lake, rows("d"), network="home", name="sx1") == 1
        assert store_verdicts(lake, rows("e", network="other"), network="other", name="s_1") == 1
        assert store_verdicts(lake, rows(), network="home", name="empty") == 0
        assert sorted(stored_verdicts(lake, network="home")["key"].to_pylist()) == ["a", "b", "c", "d"]
        assert stored_verdicts(lake, start=NOW + DAY)["key"].to_pylist() == ["c"]
        assert "c" not in stored_verdicts(lake, end=NOW + DAY)["key"].to_pylist()
        lake.drop_before(date(2026, 11, 23))
        assert stored_verdicts(lake)["key"].to_pylist() == ["c"]
        assert stored_verdicts(lake).schema == VERDICTS
