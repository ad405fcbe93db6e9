"""Issue 5, Data: a world that changes while it lasts, and says in its truth what changed and when."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from fanzha.errors import UsageError
from fanzha.world import make_world
from fanzha.world.drift import days_off, load_drift, long_holidays

# What a world without drift was before there was any: its bytes stay.
_AS_EVER = "9988dce6707b68368ee8fd71c673f397844692a57b6f55997e0a14f8e6600998"
_DAYS = 23  # two of them in the holiday


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drift")
    made = make_world(out, subscribers=700, days=_DAYS, seed=4, gangs=3, start=load_drift().first, drift=True)
    assert made.changes == 4
    return out


def test_a_world_without_drift_keeps_its_bytes(tmp_path: Path) -> None:
    make_world(tmp_path, subscribers=700, days=2, seed=3, gangs=13, format="csv")
    assert digest(tmp_path) == _AS_EVER


def test_same_seed_same_bytes(month: Path, tmp_path: Path) -> None:
    make_world(tmp_path, subscribers=700, days=_DAYS, seed=4, gangs=3, start=load_drift().first, drift=True)
    assert digest(tmp_path) == digest(month)


def test_the_truth_says_what_began_and_when_and_the_calls_bear_it_out(month: Path) -> None:
    db = duckdb.connect()
    db.execute("set TimeZone='Asia/Shanghai'")
    db.execute(f"create view calls as select *, started::date as day from '{month}/calls/*.parquet'")
    db.execute(f"create view numbers as select * from '{month}/truth/numbers.parquet'")
    rows = db.execute(
        f"select kind, name, first_day, last_day, numbers from '{month}/truth/changes.parquet'"
    ).fetchall()
    told = {row[1]: row for row in rows}
    assert {row[0] for row in rows} == {"holiday", "scheme", "business"}
    assert told["National Day"][2:4] == (date(2025, 10, 1), date(2025, 10, 2))
    for name, row in told.items():
        if row[0] == "holiday":
            continue
        assert date(2025, 9, 24) <= row[2] < date(2025, 10, 1), name  # week three
        assert row[4] > 0
    begun = db.execute(
        "select min(first_fraud)::date, bool_and(fraud) from numbers where scheme = 'voice_probe' and fraud"
    )
    assert begun.fetchone() == (told["voice_probe"][2], True)
    assert db.execute("select count(*) from numbers where role like 'group_%' and fraud").fetchone() == (0,)
    for role in ("group_courier", "group_clerk"):
        busy = """select min(day) from (select day, count(*) k from calls join numbers n on n.number = caller
            where n.role = ? group by all having k >= 20)"""
        first = db.execute(busy, [role]).fetchone()
        assert first is not None
        assert first[0] >= told[role][2], role


def test_a_holiday_empties_offices_and_fills_trains(month: Path) -> None:
    """Work calls fall, and residents are seen in other provinces' cells."""
    db = duckdb.connect()
    db.execute("set TimeZone='Asia/Shanghai'")
    db.execute(f"create view numbers as select * from '{month}/truth/numbers.parquet'")
    db.execute(f"""create view calls as select c.*, role, started::date = '2025-10-01' as holiday
        from '{month}/calls/*.parquet' c join numbers n on n.number = caller
        where started::date in ('2025-09-17', '2025-10-01')""")

    def told(what: str) -> dict[bool, float]:
        return dict(db.execute(f"select holiday, {what} from calls group by 1").fetchall())

    work = told("count(*) filter (role in ('bank_manager', 'recruiter', 'clinic', 'office'))")
    assert work[True] < 0.5 * work[False]
    far = told(f"count(distinct caller) filter (caller_cell not in (select cell from '{month}/cells.parquet'))")
    assert far[True] > 5 * max(1, far[False])


def test_the_public_calendar_decides_days_off() -> None:
    first = load_drift().first
    public, plain = days_off(first, 30, public=True), days_off(first, 30, public=False)
    assert plain.sum() == 8
    assert not public[18]  # Sunday 28 September 2025 is worked
    assert public[21:29].all()
    assert not public[29]
    assert long_holidays(first, 30, load_drift().holiday) == [("National Day", 21, 28)]
    assert long_holidays(date(2026, 1, 1), 60, load_drift().holiday) == [("Spring Festival", 45, 53)]
    np.testing.assert_array_equal(plain, [(3 + day - 1) % 7 >= 5 for day in range(30)])


def test_what_cannot_drift_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="7 days with drift"):
        make_world(tmp_path / "w", days=7, drift=True)
    with pytest.raises(UsageError, match="public calendar"):
        make_world(tmp_path / "w", days=30, start=date(2040, 1, 1), drift=True)
    assert not (tmp_path / "w").exists()


def test_every_newcomer_names_its_source() -> None:
    book = load_drift()
    assert all(each.source and each.zh and each.en and each.begins[0] >= 14 for each in book.schemes.values())
    assert all(each.source and each.zh and each.en and each.begins[0] >= 14 for each in book.roles.values())
    assert book.gangs_beside(0) == 0
    text = (Path(__file__).parents[2] / "docs" / "world.md").read_text(encoding="utf-8")
    for name, each in [*book.schemes.items(), *book.roles.items()]:
        assert f"| `{name}` | {each.zh} | {each.en} |" in text
