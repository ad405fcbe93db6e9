"""Issue 5, Data: once through a small month that changes, as benchmarks/bench_drift.py does.

What takes a province to be seen (that week three is noticed) and what is dear (parity) is left to the benchmark.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fanzha.detection.models.learner import Settings

BENCH = Path(__file__).parents[3] / "benchmarks" / "bench_drift.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_drift", BENCH)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["bench_drift"] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def month(bench: ModuleType, tmp_path_factory: pytest.TempPathFactory, quick: Settings) -> Any:
    """Three weeks of a thousand people; the last days come in the wrong order, and under other rules."""
    place = tmp_path_factory.mktemp("month")
    made = bench.Month(place / "world", place, 1000, 20, days=21, settings=quick, checked=4)
    made.begin()
    made.live(list(range(14)))
    made.live([14, 15, 17, 16, 18, 19, 20], bench.MENDED)
    return made


def test_outcomes_come_late_and_later_words_stand(month: Any) -> None:
    early, late = month.outcomes(14), month.outcomes(21)
    assert len(early) < len(late)
    assert all(row.moment < row.at < month.moment(14).timestamp() for row in early)
    assert {"confirmed", "dismissed", "police"} <= {row.source for row in late}


def test_a_model_is_compared_on_what_came_after_and_the_busy_are_counted_then_and_now(month: Any) -> None:
    made = month.learn(21)
    assert month.moment(14).timestamp() - 3 * 86400 < made.until < month.moment(21).timestamp()
    assert made.contest.challenger.figures["average_precision"].value > 0.5
    found = month.drifted(21, made.number)
    assert found.busy is not None
    assert found.busy.rows <= found.busy.there.now
    assert {each.name for each in found.busy.fields} == {each.name for each in found.fields}


def test_the_bad_rule_hits_the_new_trade_and_the_mended_one_fewer_people(bench: ModuleType, month: Any) -> None:
    bad, mended = (month.backtest(text, 21).tried for text in (bench.BAD, bench.MENDED))
    assert bad.hit == bad.fraud + bad.honest + bad.unknown
    assert {"group_clerk", "group_courier"} & {kind.id for kind in bad.kinds}
    assert mended.honest < bad.honest / 3
    assert mended.cost.hours < bad.cost.hours / 3


def test_nobody_honest_is_proposed_for_a_stop(bench: ModuleType, month: Any) -> None:
    assert bench.tell_people(month) == 0
