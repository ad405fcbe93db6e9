from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fanzha.detection.backtest.drawing import prepare
from fanzha.detection.backtest.run import run
from fanzha.detection.backtest.sample import Sample, read_sample
from fanzha.detection.condition import parse
from fanzha.detection.outcomes import of_world
from fanzha.detection.pack import Pack
from fanzha.detection.rule import Rule
from fanzha.errors import InputError, UsageError
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake

THRESHOLDS = [3.0, 5.0, 8.0, 12.0, 20.0, 30.0]


@pytest.fixture(scope="module")
def rule(pack: Pack) -> Rule:
    condition = parse("contacts_24h >= 10 and out_answered_24h / out_24h <= 0.6", pack.words.lists)
    return replace(pack.rules[pack.index("mass_dialling.strangers")], condition=condition, judged=condition, minimum=4)


@pytest.fixture(scope="module")
def whole(lake: Lake, pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("whole")
    return prepare(lake, folder / "sample", pack=pack, rows=10_000_000, temporary=folder)


def test_with_everybody_drawn_it_tells_what_a_backtest_tells_but_what_thinning_misses(
    lake: Lake, pack: Pack, rule: Rule, whole: Sample, world: Path, tmp_path: Path
) -> None:
    known = of_world(world)
    report = run(lake, pack, rule, outcomes=known, leaf=0, thresholds=THRESHOLDS, temporary=tmp_path)
    answer = whole.ask(rule, 0, THRESHOLDS, known=known.of(EntityKind.NUMBER))
    assert report.curve is not None
    assert whole.made.entities == whole.made.judged == report.stretch.judged
    assert 0 <= answer.missed < 0.1
    for point, exact in zip(answer.points, report.curve.points, strict=True):
        assert point.threshold == exact.threshold
        assert point.low == point.hit == point.high == point.sampled  # no error of drawing: all were drawn
        assert 0.85 * exact.hit <= point.hit <= exact.hit
        assert point.fraud is not None
        assert 0.85 * exact.fraud <= point.fraud <= exact.fraud
    assert whole.ask(rule).points[0].hit == report.tried.hit or answer.missed > 0


def test_a_small_sample_says_how_wrong_it_may_be(
    lake: Lake, pack: Pack, rule: Rule, whole: Sample, tmp_path: Path
) -> None:
    small = prepare(
        lake, tmp_path / "sample", pack=pack, rows=len(whole.whose) // 4, temporary=tmp_path / "tmp", seed=7
    )
    assert small.made.entities < whole.made.entities / 2
    assert small.made.judged == whole.made.judged
    exact, answer = whole.ask(rule, 0, THRESHOLDS), small.ask(rule, 0, THRESHOLDS)
    inside = [a.low <= b.hit <= a.high for a, b in zip(answer.points, exact.points, strict=True)]
    assert sum(inside) >= len(inside) - 1  # 95 % intervals
    assert all(point.low <= point.hit <= point.high for point in answer.points)
    assert [point.hit for point in answer.points] == sorted((point.hit for point in answer.points), reverse=True)
    assert read_sample(tmp_path / "sample", pack).ask(rule, 0, THRESHOLDS) == answer


def test_spreads_say_what_is_usual(whole: Sample) -> None:
    by_name = {spread.name: spread for spread in whole.made.fields}
    contacts = by_name["contacts_24h"]
    values = [quantile.value for quantile in contacts.quantiles]
    assert values == sorted(values)
    assert contacts.taken == "peak"
    assert contacts.known == 1
    assert round(sum(each.entities for each in contacts.bins)) == whole.made.entities
    assert 0 < by_name["age_days"].known < 1  # other networks' numbers have no card here
    assert "call_out" not in by_name


def test_what_cannot_be_asked_is_told(lake: Lake, pack: Pack, rule: Rule, whole: Sample, tmp_path: Path) -> None:
    device = next(rule for rule in pack.rules if rule.entity == EntityKind.DEVICE)
    with pytest.raises(UsageError, match="of devices"):
        whole.ask(device)
    with pytest.raises(UsageError, match="level"):
        whole.ask(pack.rules[pack.index("victim_wave.fact_flagged")])
    with pytest.raises(UsageError, match="thresholds"):
        whole.ask(rule, 0, [float(at) for at in range(200)])
    with pytest.raises(InputError):
        read_sample(tmp_path, pack)
    with pytest.raises(UsageError, match="no calls"):
        prepare(lake, tmp_path / "s", pack=pack, network="mars", temporary=tmp_path)
    with pytest.raises(UsageError, match="fed by others' facts"):
        prepare(lake, tmp_path / "s", pack=pack, kind=EntityKind.VICTIM, temporary=tmp_path)
