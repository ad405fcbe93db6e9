import numpy as np
import pytest

from fanzha.detection.models.linear import Linear


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(4)
    labels = draw.random(300) < 0.4
    matrix = draw.lognormal(size=(300, 4)) + labels[:, None] * [1.0, 0.0, 2.0, 0.0]
    matrix[draw.random(300) < 0.2, 2] = np.nan
    matrix[:, 3] = np.nan
    return matrix, labels


def test_parts_add_up_and_a_column_nobody_knows_says_nothing(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, labels = rows
    model = Linear.fit(matrix, labels, 0.3)
    parts = model.contributions(matrix)
    np.testing.assert_allclose(parts.sum(axis=1), model.log_odds(matrix))
    assert ((model.log_odds(matrix) > 0) == labels).mean() > 0.75
    np.testing.assert_allclose(parts[:, :3].mean(axis=0)[:2], 0.0, atol=1e-9)  # beside the mean row
    assert np.ptp(parts[:, 3]) == 0.0


def test_neither_scale_nor_outliers_count_and_text_brings_it_back(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, labels = rows
    model = Linear.fit(matrix, labels, 0.3)
    stretched = matrix.copy()
    stretched[:, 0] = np.exp(matrix[:, 0])
    np.testing.assert_allclose(
        Linear.fit(stretched, labels, 0.3).log_odds(stretched), model.log_odds(matrix), atol=0.05
    )
    again = Linear.from_text(model.text())
    np.testing.assert_array_equal(again.log_odds(matrix), model.log_odds(matrix))
    far = np.full((1, 4), 1e300)
    assert np.isfinite(again.log_odds(far)).all()
    assert np.isfinite(again.log_odds(np.full((1, 4), np.nan))).all()
