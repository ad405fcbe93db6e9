import numpy as np
import pytest

from fanzha.detection.models.crossvalidation import cross_validate, settle, splits
from fanzha.detection.models.learner import Settings
from fanzha.detection.models.table import LabelledTable
from fanzha.errors import InputError


def test_every_row_is_tested_once_a_repeat_and_never_by_a_model_that_saw_it() -> None:
    labels = np.arange(60) % 3 == 0
    tested = []
    for train, test in splits(labels, None, 5, 0):
        assert not set(train) & set(test)
        assert labels[test].sum() == 4
        tested.extend(test)
    assert sorted(tested) == list(range(60))


def test_a_group_never_stands_on_both_sides() -> None:
    groups = np.arange(60) // 4
    for train, test in splits(groups % 2 == 0, groups, 3, 0):
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize(
    ("labels", "groups"),
    [([True, True] + [False] * 20, None), ([True, False] * 4, [0, 0, 0, 0, 1, 1, 1, 1])],
)
def test_too_few_for_the_folds_is_said(labels: list[bool], groups: list[int] | None) -> None:
    with pytest.raises(InputError, match="folds"):
        list(splits(np.array(labels), None if groups is None else np.array(groups), 5, 0))


def test_a_test_fold_has_no_say_in_its_own_thresholds(quick: Settings) -> None:
    draw = np.random.default_rng(3)
    labels = np.arange(200) % 2 == 0
    matrix = draw.normal(size=(200, 3)) + labels[:, None]
    table = LabelledTable(("a", "b", "c"), matrix, labels, None, ("double",) * 3, "", ())
    first = cross_validate(table, matrix, quick, folds=2, repeats=1, seed=0, progress=lambda *_: None)
    worse = matrix.copy()
    worse[first[0].rows] = 99.0  # the test rows of the first fold become nonsense
    again = cross_validate(
        LabelledTable(table.features, worse, labels, None, table.dtypes, "", ()),
        worse,
        quick,
        folds=2,
        repeats=1,
        seed=0,
        progress=lambda *_: None,
    )
    assert first[0].thresholds == again[0].thresholds
    assert first[0].ours != again[0].ours


def test_settling_on_nothing_but_noise_still_gives_thresholds() -> None:
    draw = np.random.default_rng(4)
    calibration, thresholds = settle(draw.normal(size=100), draw.random(100) < 0.3)
    assert calibration.slope > 0
    assert 0 < thresholds.decision < 1
