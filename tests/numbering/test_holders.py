"""The holder of a block is told from the key; never the serving carrier (携号转网)."""

from __future__ import annotations

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import carrier

from fanzha.numbering import Kind, carrier_of, kind_of, normalise
from fanzha.vocabulary import carriers


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("13812345678", 1), ("13012345678", 2), ("13312345678", 3), ("19212345678", 4), ("13491234567", 3),
        ("17012345678", 3), ("17042345678", 2), ("16512345678", 1), ("1064812345678", 1), ("14212345678", 0),
        ("057188880000", 0), ("110", 0), ("+12125551234", 0), ("xyz", 0), ("", 0), ("1410123456789", 3),
        ("+861312345678", 0), ("700123456789012", 0),
    ],
)  # fmt: skip
def test_holders(text: str, code: int) -> None:
    assert carrier_of(normalise(pa.array([text])).number)[0] == code


@given(st.integers(13_000_000_000, 19_999_999_999))
def test_holders_agree_with_libphonenumber(number: int) -> None:
    code = carrier_of(np.array([86_00000000000 + number]))[0]
    theirs = carrier.name_for_number(phonenumbers.parse(f"+86{number}"), "zh")
    if code and theirs:
        assert theirs in {row.zh for row in carriers().carriers.values() if row.code == code}


def test_kinds_of_keys_that_no_string_gave() -> None:
    assert kind_of(np.array([0, 86, 5, 860, 8600000, 2**62, -(2**63), 10**18])).tolist()[0] == Kind.WITHHELD
