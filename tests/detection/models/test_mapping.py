from pathlib import Path

import pytest

from fanzha.detection.models.mapping import guess_mapping, read_mapping
from fanzha.errors import MappingError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    text = "label: 结果\npositive: [诈骗]\nids: [号码]\ngroup: 户主\nfeatures: [calls, contacts]\nrecipe: none\n"
    mapping = read_mapping(write(tmp_path, text))
    assert (mapping.label, mapping.positive, mapping.ids, mapping.group) == ("结果", ("诈骗",), ("号码",), "户主")
    assert mapping.features == ("calls", "contacts")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("label: x\nlable: y\n", "lable"),
        ("features: all numeric\n", "label"),
        ("label: x\nfeatures: some\n", "features"),
        ("label: [x]\n", "label"),
        ("- label\n", "object"),
        ("label: 'open\n", "not YAML"),
        ("", "object"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(MappingError, match=says) as caught:
        read_mapping(write(tmp_path, text))
    assert "map.yaml" in caught.value.where
    assert caught.value.hint


def test_without_a_mapping_the_usual_names_are_known() -> None:
    mapping = guess_mapping(["phone_no_m", "calls", "Label"])
    assert (mapping.label, mapping.ids) == ("Label", ("phone_no_m",))
    assert guess_mapping(["calls", "outcome"], "outcome").label == "outcome"


@pytest.mark.parametrize("columns", [["calls", "contacts"], ["label", "is_fraud"]])
def test_no_label_or_two_is_an_error_that_says_what_to_do(columns: list[str]) -> None:
    with pytest.raises(MappingError, match="--mapping"):
        guess_mapping(columns)
