from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from fanzha.detection.explain import explain
from fanzha.detection.learning.contest import _auc, _precision, contest, split_at, thin
from fanzha.detection.learning.drift import drift, grown, moved
from fanzha.detection.learning.examples import examples_of
from fanzha.detection.learning.learn import learn
from fanzha.detection.learning.reference import Shares
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.learning.stretch import busy, everybody, stretch_before
from fanzha.detection.learning.terms import features, terms
from fanzha.detection.outcomes import Outcomes
from fanzha.detection.pack import Pack
from fanzha.detection.scan import scan
from fanzha.detection.subject import resolve
from fanzha.errors import InputError, ModelError, Refused
from fanzha.records.lake import Lake

AT = "2026-03-07T00:00:00Z"


def test_a_challenger_is_compared_with_the_champion_on_rows_neither_has_learnt_from(
    shelf: Shelf, lake: Lake, outcomes: Outcomes
) -> None:
    first, second = shelf.lineage(1), shelf.lineage(2)
    assert first.contest.champion is None
    assert first.contest.advice == "first"
    found = second.contest
    assert found.champion is not None
    assert found.champion.version == 1
    assert found.champion.figures == first.contest.challenger.figures  # the same rows, the same model
    assert found.advice == "alike"  # the same recipe on the same outcomes
    assert found.difference["auc"].low <= found.difference["auc"].value <= found.difference["auc"].high
    assert found.rows == found.fraud + found.judged_honest + found.presumed_honest
    assert set(second.apart) == {"not_number", "superseded", "older", "no_calls", "across_the_split", "compared_on"}
    assert sum(second.apart.values()) + second.learnt["fraud"] + second.learnt["judged_honest"] == len(outcomes)
    every = examples_of(lake, outcomes, network="default")
    assert found.split == split_at(every.at[~every.presumed], terms().test_share)
    assert second.until == found.split
    assert found.fraud == int((every.fraud & (every.seen >= found.split)).sum())


def test_a_better_model_is_called_better_and_a_worse_one_worse(shelf: Shelf, lake: Lake, outcomes: Outcomes) -> None:
    class Blind:
        """Knows nothing."""

        def score(self, rows: np.ndarray) -> np.ndarray:
            return np.random.default_rng(1).random(len(rows))

    rows = examples_of(lake, outcomes, network="default")
    good = (1, shelf.model(1))
    better = contest(rows, good, (9, Blind()), split=0, bounds=terms(), seed=0)  # type: ignore[arg-type]
    worse = contest(rows, (9, Blind()), good, split=0, bounds=terms(), seed=0)  # type: ignore[arg-type]
    assert (better.advice, worse.advice) == ("better", "worse")


def test_the_ranking_measures_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    draw = np.random.default_rng(1)
    score, fraud = np.round(draw.random(500), 2), draw.random(500) < 0.2  # with ties
    assert _auc(score, fraud) == pytest.approx(roc_auc_score(fraud, score))
    assert _precision(score, fraud) == pytest.approx(average_precision_score(fraud, score))


def test_the_card_says_it_in_both_languages_and_is_signed_with_the_model(shelf: Shelf) -> None:
    zh, en = (shelf.file(2, f"card.{language}.md").decode() for language in ("zh", "en"))
    assert "模型卡：default 第 2 版" in zh
    assert "四" not in en
    assert "average precision" in en
    assert "<table>" in shelf.file(2, "card.zh.html").decode()
    card = shelf.folder(1) / "card.en.md"
    whole = card.read_bytes()
    card.write_bytes(whole.replace(b"abstains", b"never abstains"))
    try:
        with pytest.raises(ModelError, match="changed"):
            shelf.model(1)
    finally:
        card.write_bytes(whole)


def test_two_people_release_and_one_goes_back(shelf: Shelf) -> None:
    with pytest.raises(Refused, match="two different people"):
        shelf.release(2, by="li", approved_by=" li", why="better", at=AT)
    with pytest.raises(Refused, match="speaks already"):
        shelf.release(1, by="li", approved_by="wang", why="again", at=AT)
    with pytest.raises(ModelError, match="no such model"):
        shelf.release(7, by="li", approved_by="wang", why="?", at=AT)
    shelf.release(2, by="li", approved_by="wang", why="better", at=AT)
    assert shelf.current() == 2
    assert shelf.back(by="zhao", why="too many complaints", at=AT).number == 1
    assert shelf.back(by="zhao", why="off", at=AT).number == 0
    with pytest.raises(Refused, match="no model is released"):
        shelf.back(by="zhao", why="off", at=AT)
    shelf.release(1, by="li", approved_by="wang", why="on again", at=AT)
    assert [act.number for act in shelf.acts()] == [1, 2, 1, 0, 1]
    shelf.released.write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        shelf.current()
    shelf.released.unlink()
    shelf.release(1, by="li", approved_by="wang", why="restored", at=AT)


def test_too_few_outcomes_make_no_model(lake: Lake, outcomes: Outcomes, world: Path) -> None:
    few = Outcomes([row for row in outcomes if not row.fraud])
    with pytest.raises(InputError, match="0 fraudulent outcomes"):
        learn(lake, few, home=world / "other", network="default", made_at=AT, made_by="test")
    assert Shelf(world / "other", "default").numbers() == []


def test_little_known_is_thin() -> None:
    rows = np.full((3, len(features())), np.nan)
    rows[1:] = 1.0
    rows[2, features().index("out_30d")] = 40
    assert thin(rows, features(), terms()).tolist() == [True, True, False]
    assert (terms().says(0.1), terms().says(0.5), terms().says(0.99)) == ("honest", "unsure", "fraud")


def test_drift_is_told_for_what_moved_only(shelf: Shelf, lake: Lake, world: Path) -> None:
    _, last, _ = lake.span("default")
    assert last is not None
    report = drift(lake, home=world / "home", network="default", end=last, number=2)
    assert report.rows >= terms().drift.least
    ranks = {"alarm": 0, "watch": 1, "steady": 2}
    order = [(ranks[each.grade], -each.psi) for each in report.fields]
    assert order == sorted(order)
    assert msgspec.json.decode(report.to_json())["score"]["name"] == "score"
    assert report.grade in ("steady", "watch", "alarm")
    with pytest.raises(InputError, match="are needed"):
        drift(lake, home=world / "home", network="default", end=last.replace(year=2030), number=2)


def test_what_chance_alone_would_do_has_not_moved() -> None:
    """The same shares: of many rows they are steady, a turn of all is an alarm, and few rows prove nothing."""
    draw = np.random.default_rng(1)
    then = Shares([1.0, 2.0], [0.3, 0.3, 0.3, 0.1], 1.5)

    def values(*shares: float, rows: int = 2000) -> np.ndarray:
        return np.repeat([0.5, 1.5, 2.5, np.nan], [round(share * rows) for share in shares])

    assert moved("x", then, values(0.3, 0.3, 0.3, 0.1), 2000).grade == "steady"
    assert moved("x", then, values(0.0, 0.0, 0.9, 0.1), 2000).grade == "alarm"
    told = moved("x", then, values(0.15, 0.3, 0.45, 0.1), 2000)
    assert told.psi == pytest.approx(0.15 * np.log(2) + 0.15 * np.log(1.5), abs=1e-4)
    assert (told.grade, told.then) == ("watch", 1.5)
    assert told.now == pytest.approx((0.15 * 0.5 + 0.3 * 1.5 + 0.45 * 2.5) / 0.9)
    assert moved("x", then, values(0.15, 0.3, 0.45, 0.1, rows=40), 40).grade == "steady"
    false = [moved("x", then, draw.choice(values(0.3, 0.3, 0.3, 0.1), 60), 60).grade for _ in range(300)]
    assert set(false) == {"steady"}
    assert [grown("n", *each).grade for each in ((20, 30), (600, 720), (40, 100))] == ["steady", "watch", "alarm"]


def test_a_newcomer_is_seen_among_the_busy_where_everybody_hides_it(shelf: Shelf, lake: Lake, world: Path) -> None:
    """The same stretch: whoever calls much is looked at one by one, whosever number it is."""
    _, last, _ = lake.span("default")
    assert last is not None
    when = stretch_before(lake, "default", int(last.timestamp()), history=2 * 86400)
    assert when.history == 2 * 86400
    assert 0 <= last.timestamp() - when.end < 86400
    assert (when.end + 8 * 3600) % 86400 == 0  # midnight in Shanghai
    found = busy(lake, "default", when)
    calls = features().index("out_7d")
    assert 0 < found.there == len(found.rows)
    assert np.nanmin(found.rows[:, calls]) > 0
    shown = everybody(lake, "default", when)
    assert np.nanmedian(found.rows[:, calls]) > 5 * np.nanmedian(shown[:, calls])
    assert np.nanmax(shown[:, features().index("active_days_30d")]) <= 3  # no older call was read


def test_the_released_model_speaks_on_alerts_within_the_cap_and_abstains_where_unsure(
    shelf: Shelf, lake: Lake, world: Path, pack: Pack
) -> None:
    held = shelf.released.read_bytes()
    try:
        shelf.released.unlink()
        silent = {alert.id: alert for alert in scan(lake, pack, temporary=world / "t").alerts}
        assert all(alert.model is None for alert in silent.values())
        shelf.release(1, by="li", approved_by="wang", why="on", at=AT)
        spoken = scan(lake, pack, temporary=world / "t").alerts
    finally:
        shelf.released.write_bytes(held)
    heard = [alert for alert in spoken if alert.model is not None]
    assert {alert.entity.kind for alert in heard} == {"number"}
    assert "fraud" in {alert.model.says for alert in heard if alert.model}
    for alert in spoken:
        before = silent[alert.id]
        assert before.score <= alert.score <= max(before.score, pack.words.bands.cap)
        assert alert.measure == before.measure  # a model proposes nothing
        if alert.model is not None and alert.model.says != "fraud":
            assert alert.model.points == 0
            assert alert.score == before.score
    one = next(alert for alert in heard if alert.model and alert.model.says == "fraud")
    told = {alert.id: alert for alert in explain(lake, pack, resolve(lake, one.entity.value)).alerts}
    assert told[one.id].model == one.model  # version 1 is released again
    assert one.model is not None
    assert "诈骗几率" in one.model.zh[0]
    assert "odds of fraud" in one.model.en[0]
