"""The step kernel against an oracle of plain SQL, at every window edge (design section 2, domain 2.8)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from streams import MIDNIGHT, NOON, Row, build, streams

from fanzha.profiles.event import IS_FAR, OUTGOING, WAS_ANSWERED, WAS_FORWARDED
from fanzha.profiles.fields import BY_NAME, COUNTERS, LONG_COUNTERS, WINDOWS, EntityKind
from fanzha.profiles.spill import by_key
from fanzha.profiles.trace import trace

ORACLE = (Path(__file__).parent / "oracle.sql").read_text(encoding="utf-8")


def oracle(events: np.ndarray) -> dict[tuple[int, int, str], dict[str, int]]:
    """(key, seq, suffix) -> counter -> value, from SQL alone."""
    flags = events["flags"]
    table = pa.table(
        {
            **{name: events[name].astype(np.int64) for name in ("key", "peer", "t", "talk", "ring", "seq", "gear")},
            "out": (flags & OUTGOING) != 0,
            "answered": (flags & WAS_ANSWERED) != 0,
            "far": (flags & IS_FAR) != 0,
            "forwarded": (flags & WAS_FORWARDED) != 0,
        }
    )
    connection = duckdb.connect(config={"threads": 1})
    connection.register("events", table)
    cursor = connection.execute(ORACLE)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["key"], row["seq"], row["suffix"]): row for row in rows}


def differences(events: np.ndarray) -> list[str]:
    """Every counter of every window after every event that is not what SQL says."""
    ordered = by_key(events, by_time=False)
    vectors = trace(ordered, EntityKind.NUMBER)
    expected = oracle(events)
    wrong = []
    for event, vector in zip(ordered, vectors, strict=True):
        for suffix, names in [(w[0], [c[0] for c in COUNTERS]) for w in WINDOWS] + [("30d", list(LONG_COUNTERS))]:
            row = expected.get((event["key"], event["seq"], suffix), {})
            for name in names:
                got, want = vector[BY_NAME[f"{name}_{suffix}"].index], row.get(name, 0)
                if got != want:
                    wrong.append(f"key {event['key']} seq {event['seq']}: {name}_{suffix} is {got}, SQL says {want}")
    return wrong


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(streams())
def test_every_window_is_what_sql_says(events: np.ndarray) -> None:
    assert differences(events) == []


def test_counters_are_never_negative_over_a_long_jumpy_history() -> None:
    rng = np.random.default_rng(5)
    t = NOON + np.cumsum(rng.choice([0, 30, 61, 3601, 90000, -4000, -90000], 4000))
    rows: list[Row] = [
        (1, int(p), int(x), 5, 3, OUTGOING | WAS_ANSWERED, 1, 1)
        for p, x in zip(rng.integers(1, 900, 4000), np.maximum(t, NOON), strict=True)
    ]
    vectors = trace(build(rows), EntityKind.NUMBER)
    assert vectors[:, : BY_NAME["in_30d"].index + 1].min() >= 0


def call(t: int, peer: int = 1000, key: int = 1, flags: int = OUTGOING, place: int = 0, gear: int = 0) -> Row:
    return (key, peer, t, 0, 20, flags, place, gear)


def last(rows: list[Row], **options: int) -> dict[str, float]:
    vector = trace(build(rows), EntityKind.NUMBER, **options)[-1]
    return {name: float(vector[field.index]) for name, field in BY_NAME.items()}


def test_one_hour_covers_the_running_five_minutes_and_the_eleven_before() -> None:
    inside, outside = NOON - 3300, NOON - 3301
    assert last([call(inside), call(NOON)])["out_1h"] == 2
    assert last([call(outside), call(NOON)])["out_1h"] == 1


def test_a_local_day_ends_at_midnight_in_shanghai() -> None:
    fields = last([call(MIDNIGHT - 1), call(MIDNIGHT)])
    assert fields["active_days_30d"] == 2
    assert last([call(NOON), call(MIDNIGHT - 1)])["active_days_30d"] == 1


def test_a_late_record_counts_only_where_it_still_belongs() -> None:
    fields = last([call(NOON), call(NOON - 7200)])
    assert (fields["out_1h"], fields["out_24h"], fields["late_total"]) == (1, 2, 1)


def test_keys_do_not_touch_each_other() -> None:
    alone = trace(build([call(NOON + i, peer=i) for i in range(1, 20)]), EntityKind.NUMBER)[-1]
    mixed = build([call(NOON + i, peer=i, key=k) for k in (1, 2) for i in range(1, 20)])
    assert np.array_equal(trace(mixed, EntityKind.NUMBER)[18], alone, equal_nan=True)


def test_a_dormant_number_says_how_long_it_was_silent() -> None:
    fields = last([call(NOON - 50 * 86400), call(NOON), call(NOON + 3600)])
    assert fields["silent_days"] == 50
    assert last([call(NOON)], start=NOON - 20 * 86400)["silent_days"] == 20


def test_a_changed_device_is_measured_against_the_life_before() -> None:
    before = [call(NOON - d * 86400, peer=d, place=7, gear=11) for d in range(9, 0, -1)]
    after = [call(NOON + i, peer=p, place=7 if p < 10 else 8, gear=12) for i, p in enumerate([3, 50, 51, 52])]
    fields = last(before + after)
    assert fields["gear_calls"] == 4
    assert fields["gear_old_contacts"] == 1
    assert fields["gear_old_places"] == 1
    assert fields["gear_before_days"] == 9


def test_what_was_never_reported_is_unknown_not_zero() -> None:
    fields = last([call(NOON)])
    for name in ("age_days", "gears_24h", "places_24h", "place_top_share", "gear_days", "call_far", "call_away"):
        assert np.isnan(fields[name]), name


def test_a_heavy_caller_keeps_counting_beyond_the_contacts_it_can_remember() -> None:
    fields = last([call(NOON + i, peer=10_000 + 200 * i) for i in range(1000)])
    assert fields["contacts_1h"] == 1000
    assert fields["out_new_1h"] == 1000
    assert fields["contacts_known"] <= 384


def test_a_cell_knows_its_own_hour() -> None:
    rows = [call(NOON + d * 86400 + i, key=9, peer=i + 1) for d in range(10) for i in range(10 + d % 3)] + [
        call(NOON + 10 * 86400 + i, key=9, peer=i + 1) for i in range(60)
    ]
    vector = trace(build(rows), EntityKind.CELL)[-1]
    assert vector[BY_NAME["hour_out"].index] == 60
    assert vector[BY_NAME["hour_median"].index] == 11
    assert vector[BY_NAME["hour_days"].index] == 10
