from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from fanzha.detection.models.mapping import TableMapping
from fanzha.detection.models.table import labelled, read_arrow, read_labelled
from fanzha.errors import InputError, MappingError

LABEL = TableMapping(label="label")


def test_csv_and_parquet_of_one_table_are_read_alike(tmp_path: Path) -> None:
    table = pa.table({"calls": [1.0, None, float("inf")], "on": [True, False, True], "label": [1, 0, 0]})
    pa_csv.write_csv(table, tmp_path / "t.csv")
    pq.write_table(table, tmp_path / "t.parquet")
    first, second = (read_labelled(tmp_path / name, LABEL) for name in ("t.csv", "t.parquet"))
    assert first.features == second.features == ("calls", "on")
    np.testing.assert_array_equal(first.matrix, second.matrix)
    np.testing.assert_array_equal(first.matrix[:, 0], [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(first.labels, [True, False, False])


def test_a_gb18030_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("号码,次数,结果\n甲,3,诈骗\n乙,4,正常\n".encode("gb18030"))
    table = read_labelled(tmp_path / "t.csv", TableMapping(label="结果", positive=("诈骗",), ids=("号码",)))
    assert table.features == ("次数",)
    assert table.labels.tolist() == [True, False]


@pytest.mark.parametrize("values", [[1, 0], [1.0, 0.0], ["1", "0"], [True, False], ["true", "no"]])
def test_a_label_means_the_same_however_it_is_stored(values: list[object]) -> None:
    table = pa.table({"calls": [1, 2], "label": values})
    assert labelled(table, LABEL).labels.tolist() == [True, False]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"calls": [1, 2], "label": [1, None]}, "without a label, first at line 3"),
        ({"calls": [1, 2], "label": [1.0, float("nan")]}, "without a label"),
        ({"calls": [1, 2], "label": [0, 0]}, "every row is honest"),
        ({"calls": [1, 2], "label": [1, 1]}, "every row is fraud"),
        ({"calls": [1, 2]}, "label column label is not in the table"),
        ({"name": ["a", "b"], "label": [0, 1]}, "no numeric column"),
    ],
)
def test_a_table_that_teaches_nothing_is_refused(columns: dict[str, list[object]], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        labelled(pa.table(columns), LABEL)
    assert caught.value.hint


def test_text_where_a_feature_was_promised_is_named() -> None:
    table = pa.table({"calls": ["12", "many"], "label": [0, 1]})
    with pytest.raises(MappingError, match="calls is not numeric"):
        labelled(table, TableMapping(label="label", features=("calls",)))
    with pytest.raises(MappingError, match="missing: contacts"):
        labelled(table, TableMapping(label="label", features=("contacts",)))


def test_text_columns_are_left_out_aloud() -> None:
    table = labelled(pa.table({"calls": [1, 2], "plan": ["a", "b"], "label": [0, 1]}), LABEL)
    assert table.features == ("calls",)
    assert "plan" in table.notes[0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "not a table"),
        ("header.csv", b"calls,label\n", "no rows"),
        ("sheet.xlsx", b"PK\x03\x04..", "Excel"),
        ("wide.csv", "calls,label\n".encode("utf-16"), "UTF-16"),
        ("ragged.csv", b"calls,label\n1,2\n1,2,3\n", "not a table"),
        ("twice.csv", b"calls,calls,label\n1,2,0\n", "column twice: calls"),
        ("cut.parquet", b"PAR1\x00\x00", "not a table"),
        ("binary.csv", bytes(range(256)), "not a table|no rows|column"),
    ],
)
def test_what_is_no_table_is_an_error_with_the_file_s_name(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        read_arrow(tmp_path / name)
    assert name in caught.value.where


def test_a_directory_is_not_a_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"):
        read_arrow(tmp_path)
