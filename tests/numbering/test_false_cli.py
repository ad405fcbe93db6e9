"""False caller numbers are stopped by rule, and ordinary ones never (A2, A7, A8, E8; domain 2.7 R1-R8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import UsageError
from fanzha.numbering import FalseCli, false_cli, normalise
from fanzha.numbering.false_cli import (
    INTERNATIONAL,
    INTERNETWORK,
    INTERPROVINCIAL,
    LOCAL,
    TRUNK,
    names,
)
from fanzha.vocabulary import locate

UNKNOWN = 0
DAY = date(2026, 11, 22)


def judge(
    raw: str | None, ingress: int, *, owns: int = -1, clir: int = -1, roaming: int | None = None, as_of: date = DAY
) -> tuple[list[str], list[str]]:
    column = pa.array([raw], pa.string())

    def one(value: int) -> np.ndarray:
        return np.array([value], np.int8)

    found: FalseCli = false_cli(
        column, normalise(column), ingress=one(ingress), trunk_owns=one(owns), clir=one(clir),
        roaming=None if roaming is None else one(roaming), as_of=as_of,
    )  # fmt: skip
    return names(int(found.block[0])), names(int(found.label[0]))


@pytest.mark.parametrize(
    ("raw", "ingress", "rest", "block"),
    [
        ("057188880000", INTERNATIONAL, {}, ["R1"]),
        ("+8657188880000", INTERNATIONAL, {}, ["R1"]),
        ("13812345678", INTERNATIONAL, {}, ["R1"]),
        ("+8613812345678", INTERNATIONAL, {"roaming": 0}, ["R1"]),
        ("110", INTERNATIONAL, {}, ["R1", "R2"]),
        ("95588", INTERNATIONAL, {}, ["R1", "R2"]),
        ("10086", TRUNK, {"owns": 0}, ["R2", "R4"]),
        ("057196110", TRUNK, {"owns": 0}, ["R2", "R4"]),
        ("1381234567", INTERNETWORK, {}, ["R3"]),
        ("1" * 40, INTERNATIONAL, {}, ["R3"]),
        ("14212345678", INTERPROVINCIAL, {}, ["R3", "R8"]),
        ("4001234567", TRUNK, {"owns": 0}, ["R4"]),
        ("8008101234", TRUNK, {"owns": 0}, ["R4"]),
        ("12345", TRUNK, {"owns": 0}, ["R2", "R4"]),
        ("13812345678", LOCAL, {"clir": 1}, ["R5"]),
        (None, INTERNETWORK, {"clir": 1}, ["R5"]),
        ("0095588", INTERNETWORK, {}, ["R3", "R6"]),
        ("00110", INTERNETWORK, {}, ["R3", "R6"]),
        ("+110", INTERNETWORK, {}, ["R3", "R6"]),
        ("008695588", INTERNETWORK, {}, ["R6"]),
        ("+8696110", INTERNETWORK, {}, ["R6"]),
        ("9558812", INTERNETWORK, {}, ["R3", "R6"]),
        ("106575123456", INTERNETWORK, {}, ["R7"]),
        ("1066123567", LOCAL, {}, ["R7"]),
    ],
)
def test_each_rule_blocks_what_it_names(raw: str | None, ingress: int, rest: dict[str, int], block: list[str]) -> None:
    assert judge(raw, ingress, **rest) == (block, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "ingress", "rest"),
    [
        ("+12125551234", INTERNATIONAL, {}),
        ("0085291234567", INTERNATIONAL, {"owns": 0, "clir": 0}),
        ("+8816123456789", INTERNATIONAL, {}),
        ("+8613812345678", INTERNATIONAL, {"roaming": 1}),
        ("95588", TRUNK, {"owns": 1}),
        ("+8695588", TRUNK, {"owns": 1}),
        ("95588", TRUNK, {"owns": -1}),
        ("4001234567", TRUNK, {"owns": -1}),
        ("95588", INTERNETWORK, {"owns": 0}),
        ("95588", UNKNOWN, {"owns": 0}),
        ("13812345678", UNKNOWN, {}),
        ("700123456789012", INTERNATIONAL, {}),
        ("700123456789012", TRUNK, {"owns": 0}),
        ("057196110", INTERNETWORK, {}),
        ("13812345678", LOCAL, {"clir": 0}),
        ("88880000", LOCAL, {}),
        (None, INTERNATIONAL, {}),
        ("opaque:13812345678", INTERNATIONAL, {"owns": 0, "clir": 1, "roaming": 0}),
        ("17012345678", INTERPROVINCIAL, {}),
    ],
)
def test_ordinary_callers_and_unknown_facts_never_fire(raw: str | None, ingress: int, rest: dict[str, int]) -> None:
    assert judge(raw, ingress, **rest) == ([], [])  # type: ignore[arg-type]


def test_a_hiker_abroad_is_only_labelled_when_nobody_can_say_where_he_is() -> None:
    assert judge("+8613812345678", INTERNATIONAL) == ([], ["R1"])
    assert judge("008613812345678", INTERNATIONAL, roaming=-1) == ([], ["R1"])


def test_an_unknown_extension_inside_is_only_labelled() -> None:
    assert judge("1001", LOCAL) == ([], ["R3"])
    assert judge("1001", UNKNOWN) == ([], ["R3"])
    assert judge("reception", LOCAL) == ([], ["R3"])
    assert judge("reception", INTERNETWORK) == (["R3"], [])
    assert judge("1001", INTERNETWORK) == (["R3"], [])


def test_a_foreign_number_of_odd_length_is_only_labelled() -> None:
    assert judge("+331234567890123", INTERNATIONAL) == ([], ["R3"])


def test_old_plan_data_only_labels() -> None:
    assert judge("14212345678", INTERNETWORK, as_of=date(2027, 10, 1)) == (["R3", "R8"], [])
    assert judge("14212345678", INTERNETWORK, as_of=date(2028, 1, 1)) == ([], ["R3", "R8"])
    assert judge("1381234567", INTERNETWORK, as_of=date(2028, 1, 1)) == (["R3"], [])  # a wrong length does not age


def test_a_province_may_turn_a_rule_down_to_a_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = locate("false_cli").read_text(encoding="utf-8").replace("R7: {action: block", "R7: {action: label")
    (tmp_path / "false_cli.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    assert judge("106575123456", INTERNETWORK) == ([], ["R7"])


def test_columns_of_unequal_length_are_refused() -> None:
    column = pa.array(["110"])
    one = np.zeros(1, np.int8)
    with pytest.raises(UsageError, match="equally long"):
        false_cli(column, normalise(column), ingress=np.zeros(2, np.int8), trunk_owns=one, clir=one)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["110", "+8613812345678", "95588", "4001234567", "14212345678", "x", "opaque:x", "", "+3"]),
            st.integers(0, 5), st.integers(-1, 1), st.integers(-1, 1), st.integers(-1, 1),
        ),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_no_rule_both_blocks_and_labels_and_rows_do_not_mix(rows: list[tuple[str, int, int, int, int]]) -> None:
    raw, *columns = zip(*rows, strict=True)
    text = pa.array(raw)
    ingress, owns, clir, roaming = (np.array(column, np.int8) for column in columns)
    found = false_cli(text, normalise(text), ingress=ingress, trunk_owns=owns, clir=clir, roaming=roaming, as_of=DAY)
    assert not (found.block & found.label).any()
    for row, (word, *facts) in enumerate(rows):
        alone = judge(word, facts[0], owns=facts[1], clir=facts[2], roaming=facts[3])
        assert (names(int(found.block[row])), names(int(found.label[row]))) == alone
