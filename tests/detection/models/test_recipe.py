import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fanzha.detection.models.recipe import Engineered, Recipe, choose_recipe, shipped_recipes
from fanzha.errors import MappingError

SICHUAN = shipped_recipes()["sichuan_2020"]


def one(op: str, *of: str) -> Recipe:
    feature = Engineered(name="made", op=op, of=of, zh="造", en="made")  # type: ignore[arg-type]
    return Recipe(name="t", source="test", as_of="2026-11-22", features=(feature,))


@pytest.mark.parametrize(
    ("op", "of", "expected"),
    [
        ("ratio", ("a", "b"), [2.0, np.nan, np.nan]),
        ("difference", ("a", "b"), [2.0, 1.0, np.nan]),
        ("product", ("a", "b"), [8.0, 0.0, np.nan]),
        ("gap", ("b", "a"), [2.0, 1.0, np.nan]),
        ("deviation_ratio", ("a", "b"), [1.0, np.nan, np.nan]),
        ("zero", ("b",), [0.0, 1.0, 0.0]),
        ("missing", ("a", "b"), [0.0, 0.0, 1.0]),
    ],
)
def test_each_operation_and_what_is_unknown_stays_unknown(op: str, of: tuple[str, ...], expected: list[float]) -> None:
    matrix = np.array([[4.0, 2.0], [1.0, 0.0], [np.nan, 3.0]])
    np.testing.assert_array_equal(one(op, *of).apply(("a", "b"), matrix)[:, 2], expected)


def test_the_shipped_recipe_reads_only_what_it_has_words_for() -> None:
    known = set(SICHUAN.words)
    for feature in SICHUAN.features:
        assert set(feature.of) <= known, feature.name
        known.add(feature.name)
    assert all(zh and en for zh, en in SICHUAN.words.values())
    assert len(SICHUAN.names(tuple(SICHUAN.words))) == len(set(SICHUAN.names(tuple(SICHUAN.words))))


@given(arrays(np.float64, (4, len(SICHUAN.words)), elements=st.floats(allow_nan=True, allow_infinity=False)))
def test_a_row_s_features_depend_on_that_row_alone(matrix: np.ndarray) -> None:
    raw = tuple(SICHUAN.words)
    together = SICHUAN.apply(raw, matrix)
    apart = np.vstack([SICHUAN.apply(raw, matrix[i : i + 1]) for i in range(4)])
    np.testing.assert_array_equal(together, apart)
    assert not np.isinf(together[:, len(raw) :]).any()


def test_a_recipe_is_chosen_by_the_columns_or_by_name() -> None:
    assert choose_recipe("auto", tuple(SICHUAN.words)).name == "sichuan_2020"
    assert choose_recipe("auto", ("calls",)).name == "none"
    assert choose_recipe("none", tuple(SICHUAN.words)).name == "none"
    with pytest.raises(MappingError, match="needs columns"):
        choose_recipe("sichuan_2020", ("calls",))
    with pytest.raises(MappingError, match="no recipe"):
        choose_recipe("sichuan", ("calls",))
