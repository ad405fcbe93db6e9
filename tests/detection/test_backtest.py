from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fanzha.detection.backtest.draft import find_draft, find_leaf, ladder, threshold_of
from fanzha.detection.backtest.history import History
from fanzha.detection.backtest.paper import pdf
from fanzha.detection.backtest.report import Report, from_bytes, to_bytes
from fanzha.detection.backtest.run import run
from fanzha.detection.condition import leaves, parse, truth
from fanzha.detection.outcomes import Outcomes, of_world
from fanzha.detection.pack import Pack, whole
from fanzha.detection.rule import Rule
from fanzha.detection.scan import STAGE_ONE, Replay, codes_of, scan
from fanzha.errors import InputError, RuleError, UsageError
from fanzha.profiles.event import OUTGOING
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind
from fanzha.profiles.spill import BUCKETS
from fanzha.profiles.trace import trace
from fanzha.records.lake import Lake

# A newcomer's rule: "more than 20 calls an hour and few answered", counted, not shared out.
BAD = """
scheme: mass_dialling
defaults: {legal: "art. 11", source: "a first thought", as_of: 2026-11-22, owner: newcomer, exemptions: []}
rules:
  - id: mass_dialling.flood
    version: 2
    family: volume
    title: {zh: 每小时二十次以上且少有接听, en: More than 20 calls an hour and few answered}
    why: "a first thought"
    on: out
    when: out_1h > 20 and out_answered_1h < 20
    score: 62
    minimum: 10
    measure: limit
"""


@pytest.fixture(scope="module")
def outcomes(world: Path) -> Outcomes:
    return of_world(world)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory, pack: Pack) -> Rule:
    file = tmp_path_factory.mktemp("drafts") / "bad.yaml"
    file.write_text(BAD, encoding="utf-8")
    return find_draft(pack, str(file))


@pytest.fixture(scope="module")
def report(lake: Lake, pack: Pack, bad: Rule, outcomes: Outcomes, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return tried(lake, pack, bad, tmp_path_factory.mktemp("tmp"), outcomes=outcomes, leaf=0)


def tried(lake: Lake, pack: Pack, rule: Rule, temporary: Path, **more: object) -> Report:
    steps: list[str] = []

    def progress(step: str, share: float) -> None:
        assert 0 <= share <= 1
        assert not list(temporary.iterdir())  # a kill would leave nothing of the temporary events behind
        steps.append(step)

    found = run(lake, pack, rule, temporary=temporary, progress=progress, **more)  # type: ignore[arg-type]
    assert {"read", "judge", "tell"} <= set(steps)
    return found


def oracle(lake: Lake, rule: Rule, since: int, temporary: Path) -> dict[int, tuple[int, int]]:
    """First hit and outgoing calls by then, by entity: every vector of the replay, and the condition's plain tree."""
    found: dict[int, tuple[int, int]] = {}
    out_total, in_total = BY_NAME["out_total"].index, BY_NAME["in_total"].index
    history = History(
        lake, rule.entity, network="default", start=None, end=None, temporary=temporary, tell=lambda _s, _p: None
    )
    assert rule.judged is not None
    with history:
        for number in range(BUCKETS):
            events = history.bucket(number)
            vectors = trace(events, rule.entity, start=history.begin, known=history.known)
            counted = (events["t"] >= since) & ((rule.on != "out") | (events["flags"] & OUTGOING != 0))
            counted &= vectors[:, out_total] + vectors[:, in_total] >= rule.minimum
            for at in np.flatnonzero(counted).tolist():
                key = int(events["key"][at])
                if key not in found and truth(rule.judged, vectors[at]):
                    found[key] = (int(events["t"][at]), int(vectors[at, out_total]))
    return found


def test_hits_and_curve_are_those_of_every_vector_of_the_replay(
    lake: Lake, bad: Rule, report: Report, outcomes: Outcomes, tmp_path: Path
) -> None:
    fraud = {row.key for row in outcomes if row.kind == EntityKind.NUMBER and row.fraud}
    expected = oracle(lake, bad, 0, tmp_path)
    assert report.tried.hit == len(expected)
    assert report.tried.fraud == len(expected.keys() & fraud) > 0
    calls = [expected[key][1] for key in expected.keys() & fraud]
    assert report.tried.calls is not None
    assert report.tried.calls.median == np.median(calls)
    assert report.curve is not None
    assert len(report.curve.points) == 20
    assert [point.hit for point in report.curve.points if point.threshold == 20] == [report.tried.hit]
    for value, rung in ladder(bad, 0, [5.0, 30.0]):
        point = next(each for each in report.curve.points if each.threshold == value)
        found = oracle(lake, rung, 0, tmp_path)
        assert (point.hit, point.fraud) == (len(found), len(found.keys() & fraud))


def test_only_hits_of_the_stretch_count_and_what_went_before_is_known(
    lake: Lake, pack: Pack, bad: Rule, tmp_path: Path
) -> None:
    first, last, _ = lake.span()
    assert first is not None
    assert last is not None
    start = first + timedelta(days=2)
    told = tried(lake, pack, bad, tmp_path, start=start)
    assert told.tried.hit == len(oracle(lake, bad, int(start.timestamp()), tmp_path)) > 0
    assert told.tried.unknown == told.tried.hit
    assert all(case.first >= told.stretch.start for case in told.hardest)
    assert told.tried.recall is None  # nobody said who is fraud: nothing is claimed
    assert {kind.told for kind in told.tried.kinds} == {"lake"}
    assert len(told.tried.kinds) > 2
    with pytest.raises(UsageError, match="no calls"):
        run(lake, pack, bad, start=last + timedelta(days=90), end=last + timedelta(days=91), temporary=tmp_path)


def test_counts_add_up_and_the_people_of_design_4_are_among_the_hit(report: Report) -> None:
    for side in (report.tried, report.today):
        assert side is not None
        assert side.hit == side.fraud + side.honest + side.unknown
        assert sum(kind.people for kind in side.kinds) == side.honest + side.unknown == side.cost.people
        assert side.precision[0].least is not None
        assert side.precision[0].least <= (side.precision[0].value or 0) <= (side.precision[0].most or 0)
    assert "class_teacher" in {kind.id for kind in report.tried.kinds if kind.told == "outcome"}
    assert report.tried.cost.measure == "limit"
    assert report.tried.cost.hours == 24 * report.tried.cost.people
    assert report.timing is not None
    assert report.timing.both + report.timing.only_draft == report.tried.fraud
    assert report.timing.earlier + report.timing.same + report.timing.later == report.timing.both
    assert report.overlap
    assert all(max(row.also_fraud, row.earlier) <= row.also <= row.asked == report.tried.hit for row in report.overlap)


def test_the_hardest_cases_can_be_read(report: Report, lake: Lake) -> None:
    hours = [case.hours for case in report.hardest]
    assert hours == sorted(hours, reverse=True)
    assert len(report.hardest) == min(50, report.tried.honest + report.tried.unknown)
    for case in report.hardest[:5]:
        key = int(case.value.removeprefix("+"))
        own = lake.calls_of(key)
        assert set(case.records) <= set(own["id"].to_pylist())
        assert {item.state for item in case.evidence} == {"holds"}


def test_the_same_run_gives_the_same_bytes_on_screen_and_paper(
    lake: Lake, pack: Pack, bad: Rule, outcomes: Outcomes, report: Report, tmp_path: Path
) -> None:
    again = tried(lake, pack, bad, tmp_path, outcomes=outcomes, leaf=0)
    assert to_bytes(again) == to_bytes(report)
    assert from_bytes(to_bytes(report)) == report
    paper = pdf(report)
    assert paper.startswith(b"%PDF")
    assert paper == pdf(again)
    with pytest.raises(InputError):
        from_bytes(b"{}")


def test_a_rule_that_reads_alert_levels_holds_where_the_whole_pack_makes_it_hold(
    lake: Lake, pack: Pack, tmp_path: Path
) -> None:
    rule = pack.rules[pack.index("victim_wave.fact_flagged")]
    told = tried(lake, pack, rule, tmp_path)
    assert told.live is None
    history = History(
        lake, rule.entity, network="default", start=None, end=None, temporary=tmp_path, tell=lambda _s, _p: None
    )
    with history:
        replay = Replay(codes_of(pack), history.known, history.begin, by_time=True)
        facts = replay.run(rule.entity, [lambda b=b: history.bucket(b) for b in range(BUCKETS)]).facts  # type: ignore[misc]
    assert told.tried.hit == len(np.unique(facts["peer"][facts["pad"] == EntityKind.VICTIM])) > 0


def test_devices_and_cells_are_tried_too(lake: Lake, pack: Pack, outcomes: Outcomes, tmp_path: Path) -> None:
    for kind in (EntityKind.DEVICE, EntityKind.CELL):
        rule = next(rule for rule in pack.rules if rule.entity == kind)
        told = tried(lake, pack, rule, tmp_path, outcomes=outcomes)
        assert told.stretch.judged > 0
        assert told.tried.hit == len(oracle(lake, rule, 0, tmp_path))


def low_bars(pack: Pack) -> dict[EntityKind, Rule]:
    """A rule of each kind of the second stage, alone in its scheme, that holds even in a small province."""
    conditions = {
        EntityKind.VICTIM: "contacts_24h >= 1",
        EntityKind.SITE: "in_24h + out_24h >= 1",
        EntityKind.BRIDGE: "out_24h >= 1",
        EntityKind.RACK: "in_24h + out_24h >= 1",
    }
    found = {}
    for kind, text in conditions.items():
        own = next(rule for rule in pack.rules if rule.entity == kind)
        low = parse(text, pack.words.lists)
        found[kind] = replace(own, id=f"low.{kind.name.lower()}", condition=low, judged=low, minimum=4, score=84.0)
    # A rack and a site of one scheme are told as one alert.
    found[EntityKind.RACK] = replace(found[EntityKind.RACK], scheme="portable_bridge")
    return found


def test_rules_that_are_fed_by_others_facts_hit_whom_a_scan_alerts_on(
    lake: Lake, pack: Pack, outcomes: Outcomes, tmp_path: Path
) -> None:
    """Victims, sites, bridges and racks, beside the alerts of a scan with the same rules in the pack."""
    bars = low_bars(pack)
    first = [rule for rule in pack.rules if rule.entity in STAGE_ONE or rule.cli]
    alone = whole([*first, *bars.values()], pack.words)
    alerts = scan(lake, alone, temporary=tmp_path).alerts
    for kind, rule in bars.items():
        expected = {alert.entity.value for alert in alerts if rule.id in {each.id for each in alert.rules}}
        told = tried(lake, alone, rule, tmp_path, outcomes=outcomes, leaf=0 if kind == EntityKind.VICTIM else None)
        assert expected or kind == EntityKind.BRIDGE
        assert {case.value for case in told.hardest} <= expected
        assert told.tried.hit == len(expected) or (kind == EntityKind.RACK and told.tried.hit > len(expected))
        assert told.draft.entity == ("number" if kind in (EntityKind.VICTIM, EntityKind.BRIDGE) else "cell")
        assert all(case.records for case in told.hardest)
        assert "own_calls" in told.unknown
        assert told.tried.cost.calls == 0
        if kind == EntityKind.VICTIM:  # nobody's outcome says who was deceived
            assert told.tried.unknown == told.tried.hit
            assert told.curve is not None
            assert told.curve.points[0].hit >= told.curve.points[-1].hit


def test_what_cannot_be_tried_is_told(pack: Pack, bad: Rule, tmp_path: Path) -> None:
    for name, why in (
        ("false_cli.r1", "R1 is decided on each call"),
        ("r5", "R5 is decided"),
        ("no_such", "no rule is called"),
    ):
        with pytest.raises(RuleError, match=why):
            find_draft(pack, name)
    with pytest.raises(RuleError, match="no version"):
        find_draft(pack, "mass_dialling.flood@99")
    assert find_draft(pack, "mass_dialling.flood@1").version == 1
    with pytest.raises(UsageError, match="no leaf"):
        find_leaf(bad, "contacts_7d")
    with pytest.raises(UsageError, match="thresholds"):
        ladder(bad, 0, [float(at) for at in range(200)])
    (tmp_path / "two.yaml").write_text(BAD + BAD[BAD.index("  - id") :].replace("flood", "other"), encoding="utf-8")
    with pytest.raises(RuleError, match="one rule"):
        find_draft(pack, str(tmp_path / "two.yaml"))
    assert find_draft(pack, f"{tmp_path / 'two.yaml'}#mass_dialling.other").id == "mass_dialling.other"


RULES = [
    "out_1h > 20 and out_answered_1h / out_1h <= 0.5",
    "not (contacts_1h < 20) and out_1h >= 2",
    "30 > in_1h or out_1h / contacts_1h >= 1.5 and not (out_1h <= 4 or contacts_1h < 3)",
]
AMOUNT = st.one_of(st.integers(0, 40).map(float), st.just(float("nan")))


@settings(deadline=None)
@given(text=st.sampled_from(RULES), data=st.data())
def test_each_rung_holds_wherever_the_next_one_does(pack: Pack, text: str, data: st.DataObject) -> None:
    condition = parse(text, pack.words.lists)
    rule = replace(pack.rules[pack.index("mass_dialling.flood")], condition=condition, judged=condition)
    leaf = data.draw(st.integers(0, sum(1 for _ in leaves(condition)) - 1))
    values = data.draw(st.lists(st.floats(0, 40, width=16), min_size=2, max_size=6, unique=True))
    rungs = ladder(rule, leaf, values)
    found = [list(leaves(rung.condition))[leaf] for _, rung in rungs if rung.condition]
    assert [threshold_of(each) for each in found] == [value for value, _ in rungs]
    vector: NDArray[np.float64] = np.full(FIELD_COUNT, np.nan)
    for name in ("out_1h", "out_answered_1h", "contacts_1h", "in_1h"):
        vector[BY_NAME[name].index] = data.draw(AMOUNT)
    held = [truth(rung.judged, vector) is True for _, rung in rungs if rung.judged]
    assert held == sorted(held, reverse=True)
