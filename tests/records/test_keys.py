import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fanzha.records.keys import cell_key, device_key, keys


def test_digits_are_their_own_key_and_names_are_negative_hashes() -> None:
    column, named = keys(pa.array(["12345", "460-00-1-2", None, "9" * 18, "9" * 19]), leading_zeros_count=True)
    assert column[0].as_py() == 12345
    assert column[3].as_py() == int("9" * 18)
    assert column[2].as_py() is None
    assert named.tolist() == [1, 4]
    assert all(column[at].as_py() < 0 for at in named)


def test_a_leading_zero_tells_two_cells_apart_but_not_two_devices() -> None:
    assert cell_key("007") != cell_key("7")
    assert device_key("012345678901234") == 12345678901234


@given(st.lists(st.text(min_size=1, max_size=12), unique_by=str.strip, min_size=2, max_size=30))
def test_names_keep_apart(names: list[str]) -> None:
    assert len({cell_key(name) for name in names}) == len(names)
