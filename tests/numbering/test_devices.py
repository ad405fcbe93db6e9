"""An IMEI that cannot be real is a sign of an altered device (B4)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import imei as stdnum_imei

from fanzha.numbering import ImeiForm, check_imei, imei_form

GOOD = "490154203237518"  # the example of 3GPP TS 23.003


def test_the_three_ways_of_writing_one_device() -> None:
    assert check_imei("49-015420-323751-8").form == ImeiForm.GOOD
    for text in (GOOD, GOOD[:14], GOOD[:14] + "01"):
        found = check_imei(text)
        assert (found.imei, found.tac, found.serial) == (GOOD, "49015420", "323751")
    assert check_imei(GOOD[:14] + "01").software == "01"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (GOOD[:14] + "9", ImeiForm.BAD_CHECK),
        (GOOD[:14], ImeiForm.UNCHECKED),
        ("0" * 15, ImeiForm.ZEROS),
        ("1234567890123", ImeiForm.NOT_IMEI),
        ("A" * 15, ImeiForm.NOT_IMEI),
        ("４９０１５４２０３２３７５１８", ImeiForm.NOT_IMEI),
        ("", ImeiForm.NOT_IMEI),
    ],
)
def test_form(text: str, form: ImeiForm) -> None:
    assert check_imei(text).form == form


@given(st.integers(10**14, 10**16 - 1))
def test_columns_agree_with_one_at_a_time_and_with_stdnum(value: int) -> None:
    form = imei_form(np.array([value]))[0]
    assert form == check_imei(str(value)).form
    if value < 10**15:
        assert (form == ImeiForm.GOOD) == stdnum_imei.is_valid(str(value))


def test_keys_that_lost_a_zero() -> None:
    lost = check_imei("01233600123456").imei
    assert lost.startswith("0123360012345")
    keys = np.array([int(lost), 49015420323751, 0, 12, -5, 10**17, 10**12 - 1])
    assert imei_form(keys).tolist() == [1, 3, 4, 4, 0, 0, 0]
