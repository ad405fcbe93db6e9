"""`fanzha rules check` finds what is wrong between the files, not only within one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fanzha.vocabulary import area_codes, check_all, locate, regions, schemas
from fanzha.vocabulary.schemas import SCHEMAS, Sourced


def test_our_own_vocabulary_is_sound() -> None:
    assert check_all() == []


def test_every_value_set_says_where_it_comes_from_and_when_it_was_true() -> None:
    for name, type_ in SCHEMAS.items():
        values = schemas.load(name, type_)
        sets = (
            [values] if isinstance(values, Sourced) else [getattr(values, field) for field in values.__struct_fields__]
        )
        for each in sets:
            assert each.source.strip()
            assert date(2020, 1, 1) < each.as_of <= date(2026, 12, 31)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("area_codes", "city: 330100", "city: 330199", "is no city"),
        ("area_codes", '"0571":', '"571":', "matching regex"),
        ("number_plan", "carrier: broadnet", "carrier: broadnest", "is not in carriers.yaml"),
        ("number_plan", '"192"', '"134"', "stands twice"),
        ("settings", "Asia/Shanghai", "Asia/Xanadu", "no timezone"),
        ("false_cli", "action: block", "action: stop", "Invalid enum value"),
        ("service_numbers", '"95588"', '"9558x"', "matching regex"),
    ],
)
def test_faults_are_named_with_file_and_line(
    name: str, old: str, new: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = locate(name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / f"{name}.yaml").write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    faults = check_all()
    assert faults
    assert any(says in fault and f"{name}.yaml:" in fault for fault in faults)


def test_a_file_that_replaces_nothing_is_pointed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setings.yaml").write_text("a: 1\n")
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    assert any("setings.yaml" in fault for fault in check_all())


def test_places_that_a_reader_knows() -> None:
    known = regions()
    assert known.cities[330100].zh == "杭州市"
    assert known.cities[421200].en == "Xianning"
    assert known.provinces[330000].en == "Zhejiang"
    assert len(known.provinces) == 34
    areas = area_codes().areas
    assert areas["0571"].city == 330100
    assert areas["010"].local == [8]
    assert areas["0715"].local == [7]  # 咸宁
