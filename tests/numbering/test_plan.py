"""A plan that an operator has broken is named by file when it is first used, and a sound one counts at once."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fanzha.errors import VocabularyError
from fanzha.numbering import Form, Kind, normalise
from fanzha.vocabulary import locate


def replaced(name: str, old: str, new: str, directory: Path) -> None:
    text = locate(name).read_text(encoding="utf-8")
    assert old in text
    (directory / f"{name}.yaml").write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("area_codes", '"0571":', '"0x71":'),
        ("area_codes", '"0571":', '"05719":'),
        ("number_plan", '"192"', '"19x"'),
        ("number_plan", "digits: 13", "digits: 12"),
        ("number_plan", 'prefix: "950"', 'prefix: "9five0"'),
        ("service_numbers", '"95588"', '"icbc"'),
        ("country_codes", "852: {", "8520: {"),
        ("country_codes", "852: {", "eightfivetwo: {"),
    ],
)
def test_a_broken_plan_is_an_error_of_ours(
    name: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(name, old, new, tmp_path)
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    with pytest.raises(VocabularyError, match=name):
        normalise(pa.array(["110"]))


def test_a_new_block_counts_as_soon_as_the_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = pa.array(["19412345678"])
    assert normalise(raw).form[0] == Form.UNASSIGNED
    replaced("number_plan", '"192", "1610"', '"192", "1610", "194"', tmp_path)
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    assert (normalise(raw).form[0], normalise(raw).kind[0]) == (Form.WELL_FORMED, Kind.MOBILE)
    monkeypatch.delenv("FANZHA_VOCABULARY")
    assert normalise(raw).form[0] == Form.UNASSIGNED
