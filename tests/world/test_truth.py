from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from fanzha.world import WorldSummary
from fanzha.world.habits import Roles, Schemes, load_strict

World = tuple[Path, WorldSummary]
Db = duckdb.DuckDBPyConnection
YAML = Path(__file__).parents[2] / "src" / "fanzha" / "world"
# design section 4: people who must never be suspended
FIXTURES = {"lawyer", "class_teacher", "restaurant", "intern", "courier", "estate_agent", "clinic", "hiker",
            "low_spend_traveller", "hotline", "office", "new_holder"}  # fmt: skip


def one(db: Db, sql: str) -> object:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_every_call_of_the_truth_was_made_by_or_to_its_gang(db: Db) -> None:
    assert one(db, "select count(*) from t_calls anti join calls using (call_id)") == 0
    strange = """select count(*) from t_calls t join calls c using (call_id)
        where part in ('dial', 'hand_over', 'follow_up') and not exists
        (select 1 from t_numbers n where n.number = c.caller and n.gang = t.gang)"""
    assert one(db, strange) == 0
    elsewhere = """select count(*) from t_calls t join calls c using (call_id)
        where part in ('dial', 'hand_over', 'follow_up') and victim not in (c.callee, coalesce(c.forwarded_from, ''))"""
    assert one(db, elsewhere) == 0


def test_fraud_numbers_made_calls_and_have_a_first(db: Db) -> None:
    assert one(db, "select count(*) from t_numbers where role = 'fraud_caller' and not fraud") == 0
    assert one(db, "select count(*) from t_numbers where role = 'fraud_caller' and fraud_calls = 0") == 0
    assert one(db, "select count(*) from t_numbers where role = 'fraud_caller' and first_fraud is null") == 0
    assert one(db, "select count(*) from t_numbers where scheme is null and (fraud or fraud_calls > 0)") == 0
    early = """select count(*) from t_numbers n join calls c on c.caller = n.number join t_calls using (call_id)
        where part in ('dial', 'hand_over', 'follow_up') and c.started < n.first_fraud and n.kind != 'mask'"""
    assert one(db, early) == 0


def test_every_scheme_is_played_and_known(db: Db) -> None:
    schemes = load_strict(YAML / "schemes.yaml", Schemes).schemes
    played = {row[0] for row in db.execute("select distinct scheme from t_calls").fetchall()}
    assert played == set(schemes)
    levels = {row[0] for row in db.execute("select distinct evasion from t_calls").fetchall()}
    assert levels == {0, 1, 2, 3}


def test_believers_are_few_were_called_and_talked_long(db: Db) -> None:
    total, believed = int(str(one(db, "select count(*) from t_numbers where fraud_calls_got > 0"))), 0
    believed = int(str(one(db, "select count(*) from t_numbers where convinced")))
    assert 0 < believed < 0.2 * total
    assert one(db, "select count(*) from t_numbers where convinced and fraud_calls_got = 0") == 0
    talk = "select median(talk_ms) from calls join t_calls using (call_id) where part = 'dial' and convinced"
    assert int(float(str(one(db, talk)))) > 300_000


def test_every_fixture_of_honest_heavy_use_lives_here(db: Db) -> None:
    assert set(load_strict(YAML / "roles.yaml", Roles).roles) >= FIXTURES
    called = """select distinct role from t_numbers n where exists
        (select 1 from calls where caller = n.number or callee = n.number)"""
    assert {row[0] for row in db.execute(called).fetchall()} >= FIXTURES
    assert one(db, f"select count(*) from t_numbers where fraud and role in {tuple(FIXTURES)}") == 0


@pytest.mark.parametrize(
    ("role", "low", "high"),
    [("courier", 25, 150), ("class_teacher", 30, 70), ("clinic", 15, 110), ("estate_agent", 15, 150)],
)
def test_heavy_callers_work_at_a_likely_pace(db: Db, role: str, low: int, high: int) -> None:
    busiest = f"""select max(k) from (select caller, day(started), count(*) k from calls
        join t_numbers n on n.number = caller where n.role = '{role}' group by all)"""
    assert low <= int(str(one(db, busiest))) <= high


def test_lawyer_redials_one_line(db: Db) -> None:
    top = """select max(k) from (select caller, callee, day(started), count(*) k from calls
        join t_numbers n on n.number = caller where n.role = 'lawyer' group by all)"""
    assert int(str(one(db, top))) >= 12


def test_box_shares_telephones_and_cells(db: Db) -> None:
    """Domain B1: many cards on few telephones in one or two cells; clones among the honest share a telephone too."""
    box = """select count(distinct caller_imsi), count(distinct caller_cell) from calls c
        join t_numbers n on n.number = c.caller where n.scheme = 'sim_box' group by n.gang"""
    for cards, cells in db.execute(box).fetchall():
        assert cards >= 8
        assert cells <= 2
    clones = """select count(*) from (select caller_imei, count(distinct caller) k from calls join t_numbers n
        on n.number = caller where not n.fraud and caller_imei is not null group by 1 having k >= 4)"""
    assert int(str(one(db, clones))) >= 1


def test_cards_of_a_device_are_those_seen_in_its_calls(db: Db) -> None:
    seen = """select count(*) from t_devices d where cards != (select count(distinct c.caller_imsi) from calls c
        join t_calls t using (call_id) where c.caller_imei = d.imei and t.gang = d.gang
        and t.part in ('dial', 'follow_up', 'hand_over'))"""
    assert one(db, seen) == 0
    assert int(str(one(db, "select count(*) from t_devices where scheme = 'sim_box' and cards >= 8"))) >= 1


def test_bridge_talks_while_its_neighbour_dials(db: Db) -> None:
    """Domain B5."""
    together = """with leg as (select c.*, t.gang g from calls c join t_calls t using (call_id) where part = 'bridge'),
        own as (select *, coalesce(caller_cell, callee_cell) cell from leg)
        select count(*), count(*) filter (exists (select 1 from calls c join t_calls t using (call_id)
            where t.part = 'dial' and t.gang = own.g and c.caller_cell = own.cell
            and c.started between own.started and own.ended)) from own"""
    row = db.execute(together).fetchone()
    assert row is not None
    assert row[0] == row[1]


def test_masks_come_over_trunks(db: Db) -> None:
    """Domain R1-R8."""
    doors = """select distinct ingress from calls join t_calls using (call_id) where scheme = 'false_cli'"""
    assert {row[0] for row in db.execute(doors).fetchall()} <= {"international", "trunk"}
    assert (
        one(db, "select count(*) from t_numbers where kind = 'mask' and number in (select number from subscribers)")
        == 0
    )


def test_dormant_cards_slept_and_new_cards_are_young(db: Db) -> None:
    age = """select min(first_fraud - activated), max(first_fraud - activated) from t_numbers n
        join subscribers using (number) where scheme = '{}' and fraud"""
    young = db.execute(age.format("new_card")).fetchone()
    old = db.execute(age.format("dormant_card")).fetchone()
    if young and young[0] is not None:
        assert young[0].total_seconds() > 0
        assert young[1].days <= 30
    if old and old[0] is not None:
        assert old[0].days >= 85
