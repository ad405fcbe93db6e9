from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha.detection.alert import Alert, assemble, encode, score_of
from fanzha.detection.judge import FIRING
from fanzha.detection.pack import Pack
from fanzha.profiles.fields import EntityKind

from .conftest import Vector

Make = Callable[..., Vector]
DAY = 86400
START = 1_760_000_000
Event = tuple[int, list[str], int]  # seconds after the start, rules, snapshot


def firings(pack: Pack, events: list[Event], key: int = 8613812345678) -> NDArray[np.void]:
    rows = []
    for seq, (t, rules, snapshot) in enumerate(events):
        for name in rules:
            at = pack.index(name)
            kind = max(0, int(pack.program.rule_kind[at]))
            rows.append((key, seq, START + t, 0, 0, 0, snapshot, at, kind))
    return np.array(rows, FIRING)


def told(pack: Pack, events: list[Event], vectors: list[Vector], key: int = 8613812345678) -> list[Alert]:
    records = [np.arange(100 * at, 100 * at + 60) for at in range(len(vectors))]
    rows = firings(pack, events, key)
    rng = np.random.default_rng(3)
    rng.shuffle(rows)
    return assemble(
        rows, np.array(vectors), records, {}, pack, network="n1", name_entity=lambda _kind, value: f"+{value}"
    )


TWO = ["mass_dialling.strangers", "mass_dialling.nobody_calls"]
THREE = [*TWO, "mass_dialling.few_answer"]


@pytest.fixture
def made(vector: Make) -> Vector:
    return vector(
        contacts_24h=12.0,
        out_24h=13.0,
        out_7d=13.0,
        out_new_24h=12.0,
        in_7d=0.0,
        in_answered_7d=0.0,
        callbacks_7d=0.0,
        out_new_7d=12.0,
        in_answered_24h=0.0,
        out_answered_24h=3.0,
        out_total=13.0,
    )


def test_an_alert_tells_whom_what_when_and_how_sure(pack: Pack, made: Vector) -> None:
    later = made.copy()
    (alert,) = told(pack, [(0, TWO, 0), (60, THREE, 1), (7200, THREE, -1)], [made, later])
    assert (alert.entity.network, alert.entity.kind, alert.entity.value) == ("n1", "number", "+8613812345678")
    assert (alert.scheme, alert.score, alert.band, alert.measure) == ("mass_dialling", 78.6, "verify", "verify")
    assert (alert.first_seen, alert.last_seen) == ("2025-10-09T08:53:20Z", "2025-10-09T10:53:20Z")
    assert alert.calls_before_alert == 13
    assert {rule.id for rule in alert.rules} == set(THREE)
    assert {item.rule for item in alert.evidence} == set(THREE)
    assert len(alert.records) == 50
    assert alert.records[-1] == 159
    assert alert.previous is None
    assert alert.pack == pack.hash


def test_the_score_only_rises_while_it_is_open(pack: Pack, made: Vector) -> None:
    (alert,) = told(pack, [(0, THREE, 0), (3 * DAY, TWO, 1)], [made, made])
    assert alert.score == 78.6
    assert alert.records[-1] == 59, "evidence stays with the highest score"
    assert alert.last_seen == "2025-10-12T08:53:20Z"


def test_it_closes_after_the_silence_and_a_recurrence_links_back(pack: Pack, made: Vector) -> None:
    within = told(pack, [(0, TWO, 0), (7 * DAY, TWO, 1)], [made, made])
    assert len(within) == 1
    first, second = sorted(told(pack, [(0, TWO, 0), (7 * DAY + 1, TWO, 1)], [made, made]), key=lambda a: a.first_seen)
    assert second.previous == first.id
    assert first.previous is None
    assert first.id != second.id


def test_its_id_rests_on_entity_scheme_and_first_record_only(pack: Pack, made: Vector) -> None:
    (alone,) = told(pack, [(0, TWO, 0)], [made])
    (grown,) = told(pack, [(0, TWO, 0), (60, THREE, 1)], [made, made])
    (other,) = told(pack, [(0, TWO, 0)], [made], key=8613812345679)
    assert alone.id == grown.id != other.id


def test_rules_of_different_moments_are_not_added_up(pack: Pack, made: Vector) -> None:
    (alert,) = told(pack, [(0, TWO, 0), (60, ["mass_dialling.strangers", "mass_dialling.few_answer"], 1)], [made, made])
    assert alert.score == score_of(
        [pack.index(name) for name in ("mass_dialling.strangers", "mass_dialling.few_answer")], pack
    )


def test_what_stays_below_the_lowest_band_is_no_alert(pack: Pack, made: Vector) -> None:
    assert told(pack, [(0, ["mass_dialling.strangers"], 0)], [made]) == []
    assert told(pack, [(0, TWO, -1)], [made]) == [], "a touch opens nothing"
    assert told(pack, [], []) == []


def test_schemes_and_entities_are_stories_of_their_own(pack: Pack, made: Vector) -> None:
    alerts = told(pack, [(0, TWO, 0), (0, ["sequential_dialling.steps_day"], 0)], [made])
    assert [alert.scheme for alert in alerts] == ["sequential_dialling", "mass_dialling"], "by falling score"


def test_sites_are_shown_as_cells_and_victims_as_numbers(pack: Pack, vector: Make) -> None:
    site = vector(contacts_24h=6.0, contacts_7d=9.0, contacts_1h=5.0)
    (cell,) = told(pack, [(0, ["sim_box.site_large", "sim_box.site_together"], 0)], [site], key=77)
    assert (cell.entity.kind, cell.scheme, cell.band) == ("cell", "sim_box", "limit")
    (victim,) = told(pack, [(0, ["victim_wave.three_callers"], 0)], [vector(contacts_24h=3.0)])
    assert (victim.entity.kind, victim.measure, victim.band) == ("number", "warn", "watch")


def test_one_family_proposes_its_rules_measure_and_a_scheme_has_a_ceiling(pack: Pack, vector: Make) -> None:
    cell = vector(hour_out=90.0, hour_days=5.0, hour_median=20.0, hour_mad=4.0)
    (alert,) = told(pack, [(0, ["cell_anomaly.surge", "cell_anomaly.few_make_it"], 0)], [cell], key=77)
    assert alert.band == "verify"
    assert alert.measure == "inspect"
    (alone,) = told(pack, [(0, ["sequential_dialling.steps_day"], 0)], [cell])
    assert (alone.score, alone.measure) == (72.0, "verify")


def test_a_false_number_is_explained_by_its_raw_form(pack: Pack, vector: Make) -> None:
    rows = firings(pack, [(0, ["false_cli.r2"], 0)])
    detail = {0: {"caller_raw": "0095588", "ingress": "international", "trunk": None}}
    (alert,) = assemble(
        rows, np.array([vector()]), [np.array([5])], detail, pack, network="n1", name_entity=lambda _k, v: str(v)
    )
    assert (alert.scheme, alert.score, alert.measure) == ("false_cli", 84.0, "block_call")
    (item,) = alert.evidence
    assert "0095588" in item.zh
    assert "international" in item.en
    assert alert.counterfactual is not None
    assert alert.calls_before_alert is None


def test_the_alert_says_what_would_have_changed_it(pack: Pack, made: Vector) -> None:
    (alert,) = told(pack, [(0, TWO, 0)], [made])
    assert alert.counterfactual is not None
    assert alert.counterfactual.field is not None
    changed = made.copy()
    from fanzha.detection.strength import strength
    from fanzha.profiles.fields import BY_NAME

    changed[BY_NAME[alert.counterfactual.field].index] = alert.counterfactual.instead
    siblings = [at for at, rule in enumerate(pack.rules) if rule.scheme == "mass_dialling" and not rule.emits]
    assert strength(pack.program, siblings, made) >= 60 > strength(pack.program, siblings, changed)


def test_json_is_one_stable_line_with_the_promised_keys(pack: Pack, made: Vector) -> None:
    (alert,) = told(pack, [(0, THREE, 0)], [made])
    line = encode(alert)
    assert b"\n" not in line
    assert line == encode(alert)
    read = json.loads(line)
    promised = ["id", "entity", "scheme", "title", "score", "band", "first_seen", "last_seen", "rule", "evidence"]
    assert set(promised) < set(read)
    assert list(read["entity"]) == ["network", "kind", "value"]
    assert read["rule"]["version"] == pack.rules[pack.index(read["rule"]["id"])].version
    assert EntityKind.NUMBER.name.lower() == read["entity"]["kind"]
