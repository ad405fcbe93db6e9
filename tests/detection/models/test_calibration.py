import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from fanzha.detection.models.calibration import choose_thresholds, fit_calibration, sigmoid, threshold_at_fpr


def test_scores_that_were_too_sure_are_brought_back() -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(-1, 2, 20_000)
    labels = draw.random(20_000) < sigmoid(truth)
    fitted = fit_calibration(3 * truth + 2, labels)
    assert fitted.slope == pytest.approx(1 / 3, rel=0.05)
    assert fitted.intercept == pytest.approx(-2 / 3, abs=0.08)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
def test_perfectly_parted_scores_do_not_run_away(scale: float) -> None:
    raw = scale * np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
    probability = fit_calibration(raw, raw > 0).probability(raw)
    assert np.isfinite(probability).all()
    assert (np.diff(probability) >= 0).all()
    assert 0 < probability.min() < probability.max() < 1


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.1, 0.3]))
def test_a_threshold_keeps_its_promise_about_honest_people(seed: int, rate: float) -> None:
    draw = np.random.default_rng(seed)
    probability = np.round(draw.random(200), 2)  # many ties
    labels = draw.random(200) < 0.3
    threshold = threshold_at_fpr(probability, labels, rate)
    assert (probability[~labels] >= threshold).sum() <= rate * (~labels).sum()


def test_the_decision_threshold_is_nearly_the_best_there_is() -> None:
    draw = np.random.default_rng(2)
    labels = draw.random(3000) < 0.3
    probability = sigmoid(draw.normal(np.where(labels, 1.0, -2.0), 1.5))
    decision = choose_thresholds(probability, labels).decision
    best = max(f1_score(labels, probability >= t, average="macro") for t in np.linspace(0.05, 0.95, 181))
    assert f1_score(labels, probability >= decision, average="macro") > best - 0.005
