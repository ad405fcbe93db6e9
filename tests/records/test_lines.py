from hypothesis import given
from hypothesis import strategies as st

from fanzha.records.bytestream import Damage
from fanzha.records.lines import blocks
from fanzha.records.reason import Reason

LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"").replace(b'"', b"")), max_size=30)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@given(LINES, st.lists(st.integers(1, 40), max_size=10), st.integers(1, 64))
def test_however_a_stream_is_cut_its_lines_and_their_numbers_stay(
    lines: list[bytes], sizes: list[int], size: int
) -> None:
    data = b"\n".join(lines)
    at, found = 1, b""
    for block in blocks(cut(data, sizes), size=size, longest=1000):
        assert block.first == at
        at += block.data.count(b"\n")
        found += block.data
    assert found == data.removeprefix(b"\xef\xbb\xbf")


@given(
    LINES, st.integers(0, 30), st.integers(200, 5000), st.lists(st.integers(1, 900), max_size=20), st.integers(1, 400)
)
def test_an_overlong_line_goes_and_no_other_does(
    lines: list[bytes], place: int, length: int, sizes: list[int], size: int
) -> None:
    place = min(place, len(lines))
    whole = [*lines[:place], b"x" * length, *lines[place:]]
    found, faults = [], []
    for block in blocks(cut(b"\n".join([*whole, b""]), sizes), size=size, longest=100):
        faults += block.faults
        found += block.data.split(b"\n")[:-1]
    if whole[0].startswith(b"\xef\xbb\xbf"):
        return
    assert found == lines
    assert [(fault.line, fault.reason) for fault in faults] == [(place + 1, Reason.LONG_LINE)]


def test_a_damaged_stream_gives_its_whole_lines_and_says_where_it_broke() -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield b"a\nb\nhal"
        raise Damage("cut")

    found = list(blocks(broken(), size=100, longest=100))
    assert b"".join(block.data for block in found) == b"a\nb\n"
    (fault,) = [fault for block in found for fault in block.faults]
    assert (fault.line, fault.reason, fault.raw) == (3, Reason.TRUNCATED, "hal")


def test_a_quoted_line_break_is_no_place_to_cut() -> None:
    row = b'1,"two\nlines",3\n'
    for block in blocks([row * 3, row * 3], size=20, longest=1000):
        assert block.data.count(b'"') % 2 == 0
