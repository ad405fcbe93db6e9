"""Where each card keeps an IMEI of its own, neighbouring serials in one cell give the box away (B1, B4)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest

from fanzha.detection.alert import Alert
from fanzha.detection.explain import explain
from fanzha.detection.live import Live, in_order
from fanzha.detection.outbox import Fired
from fanzha.detection.pack import Pack
from fanzha.detection.rack import racks
from fanzha.detection.scan import scan
from fanzha.detection.subject import resolve
from fanzha.profiles.event import EVENT
from fanzha.profiles.fields import EntityKind
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake

MAPPING = """
id: rack
kind: calls
network: default
zone: Asia/Shanghai
columns:
  caller: caller
  callee: callee
  started: {column: started, time: "%Y-%m-%d %H:%M:%S"}
  talk_ms: {column: talk, unit: s}
  caller_imsi: imsi
  caller_imei: imei
  caller_cell: cell
derive: [answered_at_start, ended_from_talk]
"""
MONDAY = datetime(2026, 3, 2, 9)
BOX, STREET, POOL = "460-00-1-77", "460-00-1-88", "460-00-1-99"
TAC = 86_217_043
Row = tuple[str, str, str, int, str, str, str]


def _moment(row: Row) -> str:
    return row[2]


def imei(serial: int) -> str:
    """Fifteen digits of one type with a valid check digit."""
    body = f"{TAC:08d}{serial:06d}"
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(body)]
    return body + str(-sum(digit // 10 + digit % 10 for digit in doubled) % 10)


def cards(first: int, serials: Iterable[int], cell: str) -> Iterator[Row]:
    """Cards that dial four strangers a day each for two days, a few minutes apart, each from a telephone of its own."""
    for at, serial in enumerate(serials):
        number = first + 7919 * at
        for call in range(8):
            when = MONDAY + timedelta(days=call // 4, hours=2 * (call % 4), minutes=3 * at)
            callee = 13700000000 + (at * 8 + call) * 104_729 % 90_000_000
            yield (str(number), str(callee), f"{when:%Y-%m-%d %H:%M:%S}", 20, f"46000{number}", imei(serial), cell)


def pooled(first: int, count: int, cell: str) -> Iterator[Row]:
    """Such cards that take turns at a pool of twelve IMEIs, a few hours on each."""
    for at, row in enumerate(cards(first, range(count), cell)):
        yield (*row[:5], imei(71_003 * ((at // 8 + at % 8 // 2 * 5) % 12)), cell)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A box of ten slots in one cell, one with a pool of IMEIs in another; ten people with telephones of that type."""
    home = tmp_path_factory.mktemp("rack")
    rows: list[Row] = [
        *cards(13900000000, range(500_010, 500_020), BOX),
        *cards(13800000000, range(1_234, 900_000, 89_000), STREET),
        *pooled(13600000000, 10, POOL),
    ]
    with (home / "calls.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("caller", "callee", "started", "talk", "imsi", "imei", "cell"))
        ordered = sorted(rows, key=_moment)
        writer.writerows(ordered)
    (home / "map.yaml").write_text(MAPPING, encoding="utf-8")
    with Lake(home / "lake") as lake:
        import_path(lake, home / "calls.csv", mapping=home / "map.yaml")
        yield lake


def boxes(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.scheme == "sim_box"]


def in_cell(alerts: Iterable[Alert], cell: str) -> list[Alert]:
    return [alert for alert in boxes(alerts) if (alert.entity.kind, alert.entity.value) == ("cell", cell)]


@pytest.fixture(scope="module")
def found(lake: Lake, pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> list[Alert]:
    return boxes(scan(lake, pack, temporary=tmp_path_factory.mktemp("tmp")).alerts)


def test_a_box_with_an_imei_for_each_card_is_found_in_its_cell(found: list[Alert]) -> None:
    (alert,) = in_cell(found, BOX)
    assert (alert.entity.kind, alert.entity.value, alert.details["tac"]) == ("cell", BOX, str(TAC))
    assert alert.score >= 70
    assert alert.rule is not None
    assert alert.rule.id == "sim_box.rack"
    assert str(TAC) in alert.evidence[0].zh
    assert str(TAC) in alert.evidence[0].en
    assert any("distinct devices" in item.en and item.value and item.value >= 6 for item in alert.evidence)
    assert alert.counterfactual is not None
    assert alert.records


def test_a_box_whose_cards_take_turns_at_a_pool_of_imeis_is_found_in_its_cell(found: list[Alert]) -> None:
    (alert,) = in_cell(found, POOL)
    assert alert.score >= 70
    assert any("suspect cards and devices" in item.en for item in alert.evidence)
    assert not in_cell(found, STREET)


@pytest.mark.parametrize("cell", [BOX, POOL])
def test_explaining_the_cell_tells_the_alert_of_the_scan(lake: Lake, pack: Pack, found: list[Alert], cell: str) -> None:
    told = explain(lake, pack, resolve(lake, cell, kind="cell"))
    assert boxes(told.alerts) == in_cell(found, cell)
    assert set(told.names.values()) == {cell}
    assert not boxes(explain(lake, pack, resolve(lake, STREET, kind="cell")).alerts)


def test_live_raises_the_same(lake: Lake, pack: Pack, found: list[Alert]) -> None:
    first, _, _ = lake.span("default")
    assert first is not None
    live = Live(lake, pack, "default", max_bytes=100_000_000, start=int(first.timestamp()))
    fired: list[Fired] = []
    for calls in in_order(lake, "default", 0, lake.position(), window=50):
        fired += live.step(calls)
    assert boxes(live.alerts(fired)) == found


def test_what_has_no_proper_imei_tells_nothing_of_a_rack() -> None:
    facts = np.zeros(4, EVENT)
    facts["pad"] = [EntityKind.RACK, EntityKind.RACK, EntityKind.RACK, EntityKind.SITE]
    facts["gear"] = [862170435000104, 0, -7, 862170435000104]
    facts["place"], facts["peer"] = 77, 8613900000000
    (told,) = racks(facts)
    assert (int(told["peer"]), int(told["gear"]), int(told["place"])) == (86217043500010, 8613900000000, 77)
    assert told["key"] not in (0, 77)
