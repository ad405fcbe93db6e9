"""What a person types is understood, and what a person is shown can be typed again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.numbering import Form, Kind, Why, Written, display, is_emergency, mask, parse
from fanzha.vocabulary import number_words


def test_one_number_with_its_names() -> None:
    found = parse("139-7180-0000")
    assert (found.number, found.kind, found.form) == (8613971800000, Kind.MOBILE, Form.WELL_FORMED)
    assert (found.region, found.region_zh, found.region_en) == (421200, "湖北省咸宁市", "Xianning, Hubei")
    assert (found.carrier, found.carrier_zh, found.carrier_en) == (1, "中国移动", "China Mobile")
    assert parse("01066123567").region_zh == "北京市"
    assert parse("88880000", area="0571").number == 8657188880000
    assert parse("").kind == Kind.WITHHELD


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812345678", "+8613812345678"),
        ("110", "+86110"),
        ("1066123567", "1066123567"),
        ("0951110", "0951110"),
        ("+12125551234", "+12125551234"),
        ("anonymous", "withheld"),
    ],
)
def test_display(text: str, shown: str) -> None:
    number = parse(text).number
    assert display(number) == shown
    assert parse(shown).number == number


@given(st.sampled_from(["", "opaque:", " OPAQUE:", "irregular:", "x", "\u3000opaque:"]), st.text(max_size=20))
def test_numbers_without_digits_are_shown_and_read_back(head: str, text: str) -> None:
    raw = head + text
    number = parse(raw).number
    assert parse(display(number, raw)).number == number
    assert parse(display(number)).number == number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "+86138****5678"),
        ("138-1234-5678", "138-****-5678"),
        ("057188880000", "0571****0000"),
        ("+85291234567", "+852****4567"),
        ("95588", "95588"),
        ("110", "110"),
        ("4001234567", "4001234567"),
        ("opaque:4f6c2a99e1b3", "opaque:****e1b3"),
        ("irregular:1381234567", "irregular:****4567"),
        ("irregular:alice", "irregular:****"),
        ("888000", "****00"),
    ],
)
def test_mask(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_emergency_calls_are_known_with_any_area_code() -> None:
    for text in ("110", "119", "120", "122", "95110", "12110", "0571110", "010120", "0953119", "+86110"):
        assert is_emergency(text)
        assert is_emergency(parse(text).number)
    for text in ("96110", "12345", "953119", "13811011011", "0110", "", "x", "10110"):
        assert not is_emergency(text)
        assert not is_emergency(parse(text).number)


def test_every_code_has_a_name_in_both_languages() -> None:
    words = number_words()
    for codes, names in ((Kind, words.kinds), (Form, words.forms), (Why, words.whys)):
        assert [code.name.lower() for code in codes] == list(names)


def test_codes_that_lie_in_files_keep_their_meaning() -> None:
    assert (Kind.MOBILE, Kind.FIXED, Kind.INTERNATIONAL, Kind.OPAQUE, Kind.WITHHELD) == (1, 5, 15, 20, 21)
    assert (Form.WELL_FORMED, Form.IRREGULAR, Form.UNASSIGNED) == (1, 2, 3)
    assert (Why.PADDED, Why.SHORT, Written.LOCAL) == (8, 14, 5)
