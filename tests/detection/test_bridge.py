"""A portable bridge is told by two halves in one cell, however their records arrive; a neighbour never is (B5)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fanzha.detection.alert import Alert
from fanzha.detection.bridge import Bridges, long_calls
from fanzha.detection.explain import explain
from fanzha.detection.live import Live, in_order
from fanzha.detection.outbox import Fired
from fanzha.detection.pack import Pack, load_pack
from fanzha.detection.scan import scan
from fanzha.detection.subject import resolve
from fanzha.profiles import checkpoint
from fanzha.profiles.event import EVENT, OUTGOING, WAS_ANSWERED, Events
from fanzha.profiles.feed import COLUMNS, call_columns
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from province import make_province, references

CELL, HOLDER, DIALLER, NEIGHBOUR = 900, 8613900000001, 8613900000002, 8613900000003
NINE = 1_772_413_200
Row = tuple[int, int, int, int]  # number, t, talk, flags


def rows(found: Iterable[Row], *, late: bool = False) -> tuple[Events, Events]:
    """Long calls and facts of one cell; records come at the start of each call, or (`late`) at its end."""
    ordered = sorted(found, key=lambda row: row[1] + (row[2] if late else 0))
    events = np.zeros(len(ordered), EVENT)
    for seq, (event, (number, t, talk, flags)) in enumerate(zip(events, ordered, strict=True), 1):
        event["key"] = event["place"] = CELL
        event["peer"], event["t"], event["talk"], event["flags"], event["seq"] = number, t, talk, flags, seq
    dials = (events["flags"] & OUTGOING) != 0
    return events[~dials], events[dials]


def dials(number: int, start: int, count: int, every: int = 120) -> list[Row]:
    return [(number, start + n * every, 30, OUTGOING) for n in range(count)]


def held(number: int, start: int, seconds: int) -> list[Row]:
    return [(number, start, seconds, WAS_ANSWERED)]


PAIR = [
    *held(HOLDER, NINE - 60, 3000),
    *dials(DIALLER, NINE, 20),
    *held(HOLDER, NINE + 7140, 3000),
    *dials(DIALLER, NINE + 7200, 20),
]


@pytest.mark.parametrize("late", [False, True])
def test_both_halves_are_paired_whichever_record_comes_first(pack: Pack, late: bool) -> None:
    told, pairs = Bridges(pack.words.bridge).step(*rows(PAIR, late=late))
    assert set(told["key"].tolist()) == {HOLDER}
    assert set(told["peer"].tolist()) == {DIALLER}
    out = (told["flags"] & OUTGOING) != 0
    assert (~out).sum() == 2  # each long call once
    assert out.sum() >= 40 - pack.words.bridge.dials
    assert {(pair.dialler, pair.cell, pair.share) for pair in pairs.values()} == {(DIALLER, CELL, 1.0)}


def test_a_neighbour_who_talks_long_while_a_dialler_works_all_day_is_spared(pack: Pack) -> None:
    day = dials(DIALLER, NINE, 200)
    calls = [*held(NEIGHBOUR, NINE + 9000, 1800), *held(NEIGHBOUR, NINE + 16_000, 2400)]
    for late in (False, True):
        told, _ = Bridges(pack.words.bridge).step(*rows([*day, *calls], late=late))
        assert not len(told)


def test_a_busy_cell_where_any_of_many_could_be_the_other_half_tells_nothing(pack: Pack) -> None:
    crowd = [row for n in range(pack.words.bridge.rivals + 1) for row in held(HOLDER + 100 + n, NINE - 60, 3000)]
    told, _ = Bridges(pack.words.bridge).step(*rows([*crowd, *dials(DIALLER, NINE, 20)]))
    assert not len(told)
    told, _ = Bridges(pack.words.bridge).step(*rows([*crowd[1:], *dials(DIALLER, NINE, 20)]))
    assert len(set(told["key"].tolist())) == pack.words.bridge.rivals


def test_two_who_both_dial_are_no_bridge_and_nobody_is_its_own(pack: Pack) -> None:
    """B5 is an idle telephone beside a dialling one; two agents at work, or two cards of a box, are something else."""
    both = [*PAIR, *dials(HOLDER, NINE - 600, 2)]
    assert not len(Bridges(pack.words.bridge).step(*rows(both))[0])
    alone = [(DIALLER, t, talk, flags) for _, t, talk, flags in PAIR]
    assert not len(Bridges(pack.words.bridge).step(*rows(alone))[0])


def test_what_is_remembered_is_bounded_and_what_is_given_up_is_counted(pack: Pack) -> None:
    few = Bridges(msgspec.structs.replace(pack.words.bridge, keep_dials=10, keep_calls=1))
    few.step(*rows(PAIR))
    assert few.dropped == 30 + 1
    assert Bridges(pack.words.bridge).dropped == 0


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("cut", [3, 15, 23, 30, 41])
def test_a_restored_memory_goes_on_as_if_there_had_been_no_stop(pack: Pack, cut: int, late: bool) -> None:
    calls, facts = rows([*PAIR, *held(NEIGHBOUR, NINE + 200, 900)], late=late)
    whole = Bridges(pack.words.bridge)
    told, pairs = whole.step(calls, facts)
    first, second = Bridges(pack.words.bridge), Bridges(pack.words.bridge)
    before, known = first.step(calls[calls["seq"] <= cut], facts[facts["seq"] <= cut])
    second.restore(first.saved())
    after, more = second.step(calls[calls["seq"] > cut], facts[facts["seq"] > cut])
    assert np.concatenate([before, after]).tolist() == told.tolist()
    assert {**known, **more} == pairs
    assert second.saved() == whole.saved()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Lake]:
    """Two days of a province in which a bridge was planted."""
    home = tmp_path_factory.mktemp("bridge")
    province = make_province(home / "province", pieces=1)
    with references(home / "lake", province) as lake:
        import_path(lake, province / "calls")
        yield lake


@pytest.fixture(scope="module")
def scanned(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> list[Alert]:
    return bridges(scan(lake, load_pack(), temporary=tmp_path_factory.mktemp("tmp"), by_time=False).alerts)


def bridges(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.scheme == "portable_bridge"]


def test_a_planted_bridge_is_found_and_names_its_other_half(scanned: list[Alert]) -> None:
    (alert,) = scanned
    assert alert.entity.kind == "number"
    assert alert.measure in ("inspect", "verify")
    assert str(alert.details["dialler"]).startswith("+86")
    assert str(alert.details["dialler"]) in alert.evidence[0].zh
    assert str(alert.details["dialler"]) in alert.evidence[0].en
    assert alert.records


def test_explaining_the_idle_half_raises_the_alert_of_the_scan(lake: Lake, tmp_path: Path) -> None:
    pack = load_pack()
    (alert,) = bridges(scan(lake, pack, temporary=tmp_path).alerts)
    assert bridges(explain(lake, pack, resolve(lake, alert.entity.value)).alerts) == [alert]


def live_at(lake: Lake, pack: Pack) -> Live:
    return Live(lake, pack, "default", max_bytes=100_000_000, start=NINE)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_watcher_rebuilt_from_a_checkpoint_finds_the_same_bridge(
    lake: Lake, scanned: list[Alert], tmp_path: Path, share: float
) -> None:
    """Stopped in the middle of a pair's day: what only the memory of the bridges knew comes from the checkpoint."""
    pack = load_pack()
    end = lake.position()
    cut = int(end * share)
    first = live_at(lake, pack)
    fired: list[Fired] = []
    for calls in in_order(lake, "default", 0, cut, window=5000):
        fired += first.step(calls)
    checkpoint.save(tmp_path / "checkpoint", first.tables, cut, {"bridges": first.bridges.saved()})
    second = live_at(lake, pack)
    position, extra = checkpoint.load(tmp_path / "checkpoint", second.tables)
    second.bridges.restore(extra["bridges"])
    assert position == cut
    for calls in in_order(lake, "default", cut, end, window=3000):
        fired += second.step(calls)
    assert bridges(second.alerts(fired)) == scanned


def test_long_calls_are_told_of_each_side_whose_cell_is_known(lake: Lake, pack: Pack) -> None:
    batch = next(iter(lake.scan(COLUMNS, network="default")))
    columns = call_columns(batch)
    found = long_calls(columns, pack.words.bridge.talk_s)
    long = ((columns.flags & WAS_ANSWERED) != 0) & (columns.talk >= pack.words.bridge.talk_s)
    sides = (long & (columns.caller_cell != 0)).sum() + (long & (columns.callee_cell != 0)).sum()
    assert 0 < len(found) <= sides
    assert (found["key"] != 0).all()
    assert (found["peer"] != 0).all()
