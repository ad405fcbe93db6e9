from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from fanzha.errors import UsageError
from fanzha.records.contract import CALLS_RAW
from fanzha.world import WorldSummary, make_world

World = tuple[Path, WorldSummary]
Db = duckdb.DuckDBPyConnection


def one(db: Db, sql: str) -> object:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row[0]


def digests(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        make_world(tmp_path / name, subscribers=1000, days=2, seed=seed, gangs=13)
    first, again, other = (digests(tmp_path / name) for name in "abc")
    assert first == again
    assert set(first) == set(other)
    assert all(first[name] != other[name] for name in first if name != "trunks.parquet")


def test_files_are_the_contract_and_one_a_day(world: World) -> None:
    out, summary = world
    files = sorted((out / "calls").iterdir())
    assert [file.name for file in files] == [f"calls-2026030{day}.parquet" for day in (6, 7, 8)]
    assert all(pq.read_schema(file).equals(CALLS_RAW) for file in files)
    assert sum(pq.read_metadata(file).num_rows for file in files) == summary.calls
    assert not list(out.rglob("*.part"))


def test_rows_come_by_time_of_ending_as_mediation_delivers(world: World) -> None:
    last = None
    for file in sorted((world[0] / "calls").iterdir()):
        ended = pq.read_table(file, columns=["ended"]).column("ended").to_numpy()
        assert (ended[1:] >= ended[:-1]).all()
        assert last is None or ended[0] >= last
        last = ended[-1]


def test_times_of_a_call_agree(db: Db) -> None:
    wrong = """select count(*) from calls where ended < started
        or (answered is null) != (talk_ms = 0)
        or answered != started + to_milliseconds(ring_ms)
        or ended != started + to_milliseconds(ring_ms + talk_ms)
        or (answered is not null and release_cause != 16)"""
    assert one(db, wrong) == 0
    assert one(db, "select count(*) = count(distinct call_id) from calls")


def test_only_own_cards_have_card_telephone_and_cell(db: Db) -> None:
    """Other networks' numbers come without SIM, device and cell (issue 2, part 1)."""
    assert one(db, "select count(*) from calls where (ingress = 'local') != (caller_imsi is not null)") == 0
    assert one(db, "select count(*) from calls where (caller_imsi is null) != (caller_cell is null)") == 0
    assert one(db, "select count(*) from calls where ingress != 'local' and trunk is null") == 0
    stray = "select count(*) from calls where caller_imsi is null and callee_imsi is null and ingress not in ('trunk')"
    unreached = " and release_cause not in (1, 20) and callee not in (select number from subscribers)"
    strangers = one(db, stray + unreached + " and callee not in (select permitted from trunks where permitted != '')")
    forwarded = one(db, stray + unreached + " and forwarded_from is not null")
    assert isinstance(strangers, int)
    assert isinstance(forwarded, int)
    assert strangers - forwarded < 0.02 * int(str(one(db, "select count(*) from calls")))


def test_a_telephone_holds_one_call_at_a_time(db: Db) -> None:
    overlap = """with o as (select ended, lead(started) over (partition by caller order by started) as next
        from calls where caller_imsi is not null) select avg((next < ended)::int) from o"""
    assert float(str(one(db, overlap))) < 0.002


def test_a_day_has_its_rhythm(db: Db) -> None:
    night = "select count(*) filter (hour(started) between 1 and 4) / count(*) from calls"
    assert 0.0005 < float(str(one(db, night))) < 0.05
    private = "select count(*) from calls join t_numbers on number = caller where role = 'ordinary' and day(started) = "
    assert int(str(one(db, private + "6"))) > int(str(one(db, private + "8")))


def test_ordinary_people_call_and_answer_like_people(db: Db) -> None:
    rows = """select avg((answered is not null)::int), median(talk_ms) filter (answered is not null) / 1000
        from calls join t_numbers n on n.number = calls.caller where n.role = 'ordinary'"""
    row = db.execute(rows).fetchone()
    assert row is not None
    assert 0.55 < row[0] < 0.9
    assert 30 < row[1] < 120
    reciprocal = """with pairs as (select distinct caller a, callee b from calls join t_numbers on number = caller
        where role = 'ordinary' and ingress = 'local' and callee_imsi is not null)
        select avg((exists (select 1 from pairs q where q.a = p.b and q.b = p.a))::int) from pairs p"""
    assert float(str(one(db, reciprocal))) > 0.2


def test_csv_says_the_same_as_parquet(tmp_path: Path) -> None:
    make_world(tmp_path / "p", subscribers=600, days=1, seed=3, gangs=3)
    make_world(tmp_path / "c", subscribers=600, days=1, seed=3, gangs=3, format="csv")
    as_text = pa_csv.read_csv(tmp_path / "c" / "calls" / "calls-20260302.csv")
    as_parquet = pq.read_table(tmp_path / "p" / "calls" / "calls-20260302.parquet")
    assert as_text.num_rows == as_parquet.num_rows
    assert as_text.column_names == as_parquet.column_names


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    make_world(tmp_path, subscribers=600, days=2, gangs=0, progress=lambda *step: seen.append(step))
    assert seen[0][:2] == (0, 2)
    assert seen[-1] == (2, 2, "calls-20260303")


@pytest.mark.parametrize(
    "wrong",
    [
        {"subscribers": 3},
        {"days": 0},
        {"gangs": -1},
        {"evasion": 4},
        {"evasion": "none"},
        {"format": "xml"},
        {"gangs": 1000, "subscribers": 500},
    ],
)
def test_what_cannot_be_made_is_refused_in_words(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=str(next(iter(wrong.values())))):
        make_world(tmp_path / "w", **wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "w").exists()


def test_a_world_without_gangs_is_honest(tmp_path: Path) -> None:
    summary = make_world(tmp_path, subscribers=600, days=1, gangs=0, start=date(2026, 1, 31))
    assert summary.fraud_calls == summary.fraud_numbers == 0
    assert pq.read_table(tmp_path / "truth" / "calls.parquet").num_rows == 0
    assert (tmp_path / "calls" / "calls-20260131.parquet").exists()
