import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.detection.models.calibration import Thresholds
from fanzha.detection.models.metrics import binomial_interval, calibration_report, measure, precision, recall_at_fpr


def test_precision_where_fraud_is_rare() -> None:
    # .55 recall at .17 % false positives is about a quarter right at 1 in 1,000
    assert precision(0.55, 0.0017, 1e-3) == pytest.approx(0.245, abs=0.005)
    assert precision(0.0, 0.0, 1e-3) is None


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # R: binom.test(4, 3326), (0, 20), (20, 20)
    [(4, 3326, 0.000328, 0.003076), (0, 20, 0.0, 0.1684), (20, 20, 0.8316, 1.0)],
)
def test_exact_intervals(count: int, total: int, low: float, high: float) -> None:
    interval = binomial_interval(count, total)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.001, 0.01, 0.2]))
def test_recall_at_a_rate_against_trying_every_threshold(seed: int, rate: float) -> None:
    draw = np.random.default_rng(seed)
    probability, labels = np.round(draw.random(120), 1), draw.random(120) < 0.4
    labels[:2] = [True, False]
    tried = [
        (probability[labels] >= t).mean()
        for t in [*np.unique(probability), 2.0]
        if (probability[~labels] >= t).mean() <= rate
    ]
    assert recall_at_fpr(probability, labels, rate) == pytest.approx(max(tried))


def test_none_called_wrongly_is_not_called_certain() -> None:
    labels = np.array([True] * 10 + [False] * 1000)
    scores = measure(labels.astype(float), labels, Thresholds(0.5, 0.5, 0.5))
    point = scores.operating_points["decision"]
    assert point.false_positive_rate.count == 0
    assert point.precision_at["1_in_1000"] == pytest.approx(0.667, abs=0.01)
    assert 0 < (point.precision_at_least["1_in_1000"] or 0) < 0.25
    assert (scores.auc, scores.macro_f1, scores.recall_at_fpr_01pct) == (1.0, 1.0, 1.0)


def test_calibration_of_one_who_says_what_is_so_and_of_one_who_boasts() -> None:
    labels = np.tile([True, False, False, False], 100)
    honest = calibration_report(np.full(400, 0.25), labels)
    assert honest.ece == pytest.approx(0.0)
    assert (honest.bins[0].rows, honest.bins[0].found) == (400, 0.25)
    assert calibration_report(np.full(400, 0.95), labels).ece == pytest.approx(0.7)
    assert calibration_report(np.array([0.0, 1.0]), np.array([False, True])).brier == 0.0
