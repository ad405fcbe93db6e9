"""Identity numbers are checked (GB 11643, GB 32100) and never kept in the open."""

from __future__ import annotations

from datetime import date

import pytest

from fanzha.errors import UsageError
from fanzha.numbering import check_document, hash_document

KEY = b"0123456789abcdef"


def test_an_identity_card() -> None:
    found = check_document("11010519491231002x")
    assert (found.kind, found.number, found.region) == ("id", "11010519491231002X", 110105)
    assert (found.born, found.sex) == (date(1949, 12, 31), "f")


@pytest.mark.parametrize(
    "text", ["110105194912310021", "110105194913310023", "", "x" * 18, "１１０１０５１９４９１２３１００２X"]
)
def test_what_is_no_document(text: str) -> None:
    assert check_document(text).kind == ""


def test_a_company() -> None:
    found = check_document("91110000600037341L")
    assert (found.kind, found.region) == ("uscc", 110000)


def test_hashes_find_equal_people_and_depend_on_the_key() -> None:
    one = hash_document("11010519491231002X", KEY)
    assert one == hash_document(" 110105 19491231 002x", KEY)
    assert one != hash_document("11010519491231002X", KEY[::-1])
    assert one != hash_document("110105194912310021", KEY)
    assert len(one) == 32
    for key in (b"", b"short", b"x" * 65):
        with pytest.raises(UsageError, match="document key"):
            hash_document("1", key)


def signed(body: str) -> str:
    """A number of 17 digits with the check digit of GB 11643 (ISO 7064, MOD 11-2)."""
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    total = sum(weight * int(digit) for weight, digit in zip(weights, body, strict=True))
    return body + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("body", "region"),
    [
        ("11010519491231002", 110105),
        ("81000019900101001", 810000),  # residence permits: Hong Kong, Macao, Taiwan
        ("82000019900101001", 820000),
        ("83000019900101001", 830000),
        ("91184019900101001", 110000),  # the first digit of a foreigner's card is 9, then where it was issued
    ],
)
def test_whose_document_and_where_it_was_registered(body: str, region: int) -> None:
    found = check_document(signed(body))
    assert (found.kind, found.region) == ("id", region)


@pytest.mark.parametrize("body", ["99010519491231002", "00010519491231002", "16010519491231002", "11010529991231002"])
def test_a_right_check_digit_does_not_make_a_province_or_a_birth_to_come(body: str) -> None:
    assert check_document(signed(body)).kind == ""
