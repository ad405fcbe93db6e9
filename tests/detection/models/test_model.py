from pathlib import Path

import msgspec
import numpy as np
import pyarrow.csv as pa_csv
import pytest

from fanzha.detection.models import Model, Report
from fanzha.errors import MappingError, ModelError


@pytest.fixture(scope="module")
def model(trained: tuple[Path, Report], home: Path) -> Model:
    return Model.load(trained[0], home=home)


def test_a_table_and_a_matrix_score_alike_whatever_the_column_order(model: Model, table_file: Path) -> None:
    table = pa_csv.read_csv(table_file)
    matrix = np.column_stack([table[name].to_numpy() for name in model.card.features])
    by_table = model.score(table.select(sorted(table.column_names, reverse=True)))
    np.testing.assert_array_equal(by_table, model.score(matrix))
    assert ((by_table > 0) & (by_table < 1)).all()


def test_contributions_add_up_to_the_score_exactly(model: Model, table_file: Path) -> None:
    table = pa_csv.read_csv(table_file).slice(0, 50)
    for probability, why in zip(model.score(table), model.explain(table), strict=True):
        total = why.base + sum(part.log_odds for part in why.contributions)
        assert 1 / (1 + np.exp(-total)) == pytest.approx(probability, abs=1e-9)
        assert why.probability == pytest.approx(probability, abs=1e-9)


def test_the_strongest_feature_is_said_first_in_both_languages(model: Model) -> None:
    row = np.full((1, len(model.card.features)), np.nan)
    row[0, model.card.features.index("contacts")] = 150.0
    why = model.explain(row, top=2)[0]
    assert why.contributions[0].feature == "contacts"
    assert why.contributions[0].log_odds > 0
    assert why.en[0].startswith("contacts is 150: multiplies the odds of fraud by ")
    assert why.zh[0].startswith("contacts为150，诈骗几率乘以")
    assert len(why.zh) == len(why.en) <= 2


def test_an_unknown_value_is_called_unknown(model: Model) -> None:
    why = model.explain(np.full((1, len(model.card.features)), np.nan))[0]
    assert all("is unknown" in sentence for sentence in why.en)
    assert all(part.value is None for part in why.contributions)


def test_rows_that_do_not_fit_are_refused(model: Model, table_file: Path) -> None:
    with pytest.raises(ModelError, match="features, the rows 2"):
        model.score(np.zeros((3, 2)))
    with pytest.raises(MappingError, match="missing: contacts"):
        model.score(pa_csv.read_csv(table_file).drop_columns(["contacts"]))


def test_the_card_says_what_is_needed_to_repeat_the_training(model: Model, trained: tuple[Path, Report]) -> None:
    card = msgspec.json.decode((trained[0] / "model.json").read_bytes())
    assert card["features"] == ["contacts", "calls", "out_share", "noise", "household"]
    assert len(card["dtypes"]) == len(card["features"])
    assert len(card["table_sha256"]) == 64
    assert {"lightgbm", "numpy", "fanzha", "python"} <= card["versions"].keys()
    assert card["family"] == "model"
    assert model.version == trained[1].model
