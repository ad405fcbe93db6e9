from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.detection.outcomes import Outcomes, of_entity, of_world, read_outcomes, write_line
from fanzha.errors import InputError
from fanzha.profiles.fields import EntityKind
from province import make_province

GOOD = (
    '{"kind": "number", "value": "13800138000", "at": "2026-11-22T08:00:00+08:00", "fraud": true, "source": "police"}'
)


def written(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "outcomes.jsonl"
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return path


def test_the_latest_outcome_of_an_entity_stands_and_an_earlier_moment_sees_the_earlier_one(tmp_path: Path) -> None:
    later = GOOD.replace("-22T", "-23T").replace("true", "false").replace("police", "appeal")
    found = read_outcomes(written(tmp_path, later, "", GOOD.replace("13800138000", "+86 138-0013-8000")))
    known = found.of(EntityKind.NUMBER)
    assert known.keys.tolist() == [8613800138000]
    assert not known.fraud[0]
    assert known.source[0] == "appeal"
    assert len(found) == 2
    before = found.of(EntityKind.NUMBER, before=int(known.at[0]))
    assert before.fraud[0]
    assert len(found.of(EntityKind.CELL).keys) == 0


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"\xff\xfe", "no outcome"),
        (b"\x00" * 5000, "more than 4096 bytes"),
        (GOOD[:-3], "no outcome"),
        (GOOD.replace('"fraud"', '"label"'), "unknown field"),
        (GOOD.replace("true", '"yes"'), "Expected `bool`"),
        (GOOD.replace("number", "person"), "no such kind"),
        (GOOD.replace("+08:00", ""), "no time"),
        (GOOD.replace("13800138000", "withheld"), "is no number"),
        (GOOD.replace("police", "Police!"), "no source"),
        (GOOD.replace("number", "device"), "is no IMEI"),
        (GOOD.replace("number", "cell").replace("13800138000", " "), "a cell without a name"),
    ],
)
def test_what_is_no_outcome_is_refused_with_its_line(tmp_path: Path, bad: str | bytes, said: str) -> None:
    path = written(tmp_path, GOOD, bad)
    with pytest.raises(InputError, match=said) as caught:
        read_outcomes(path)
    assert caught.value.where == f"{path}:2"
    assert caught.value.hint


def test_a_folder_or_nothing_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError):
            read_outcomes(path)


@given(st.binary(max_size=300))
def test_no_bytes_give_anything_but_outcomes_or_an_input_error(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    with suppress(InputError):
        assert isinstance(read_outcomes(path), Outcomes)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    rows = [
        of_entity(EntityKind.NUMBER, "irregular:00000013800138000999", at=5, fraud=True, source="police"),
        of_entity(EntityKind.DEVICE, "490154203237518", at=6, fraud=False, source="appeal", role="courier", seen=4),
        of_entity(EntityKind.CELL, "杭州-0012", at=7, fraud=True, source="confirmed"),
    ]
    path = tmp_path / "o.jsonl"
    path.write_bytes(b"".join(map(write_line, rows)))
    assert read_outcomes(path).rows == rows
    assert [row.moment for row in rows] == [5, 4, 7]


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_province(tmp_path_factory.mktemp("truth"), subscribers=1000, days=1, gangs=8, pieces=1)


def test_a_province_tells_its_truth_with_the_kinds_of_honest_people(province: Path) -> None:
    truth = of_world(province)
    numbers = truth.of(EntityKind.NUMBER)
    assert (numbers.at[numbers.role == "fraud_caller"] > 0).all()
    assert {"courier", "lawyer", "class_teacher"} <= set(numbers.role[~numbers.fraud])
    assert "fraud_caller" not in set(numbers.role[~numbers.fraud])
    assert len(truth.of(EntityKind.DEVICE).keys) > 0
    assert of_world(province / "truth").rows == truth.rows
    with pytest.raises(InputError, match="not the truth"):
        of_world(province / "calls")
