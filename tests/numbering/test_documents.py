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
