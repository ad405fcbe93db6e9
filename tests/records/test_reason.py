"""What is refused at import, line by line and with its reason, and that nothing good is lost beside it."""

import gzip
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported import HEADER, Call, Deliver, callees, reasons

from fanzha.errors import InputError
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake


def test_every_bad_row_is_quarantined_with_line_reason_and_text(lake: Lake, deliver: Deliver, call: Call) -> None:
    bad = {
        3: ("fields", "complete garbage"),
        4: ("fields", f"{call(2)},one,more"),
        5: ("callee_missing", "13800138000,,2026-11-01 08:00:00,,,"),
        6: ("time", "13800138000,10086,yesterday,,,"),
        7: ("started_missing", "13800138000,10086,,,,"),
        8: ("past", "13800138000,10086,1999-12-31 08:00:00,,,"),
        9: ("future", "13800138000,10086,2026-11-22 08:00:00,,,"),
        10: ("negative", "13800138000,10086,2026-11-01 08:00:00,,,-1"),
        11: ("order", "13800138000,10086,2026-11-01 08:00:00,,2026-11-01 07:59:59,"),
        12: ("order", "13800138000,10086,2026-11-01 08:00:00,2026-11-01 07:00:00,,"),
        13: ("number", "13800138000,10086,2026-11-01 08:00:00,,,ten"),
        14: ("nul", "13800138000,100\x0086,2026-11-01 08:00:00,,,"),
        15: ("future", "13800138000,10086,2026-11-01 08:00:00,,2036-11-01 08:00:00,"),
        16: ("number", "13800138000,10086,2026-11-01 08:00:00,,,99999999999"),
    }  # fmt: skip
    receipt = import_file(lake, deliver([call(1), *(text for _, text in bad.values()), "", call(3)]))
    assert (receipt.rows, receipt.stored, receipt.quarantined) == (2 + len(bad), 2, len(bad))
    assert reasons(lake) == sorted((line, reason) for line, (reason, _) in bad.items())
    for row in lake.quarantine().to_pylist():
        assert row["raw"] == bad[row["line"]][1]
        assert row["zh"]
        assert row["en"]
        assert row["file"].endswith("calls.csv")


def test_gb18030_is_read_and_what_is_neither_is_quarantined(lake: Lake, deliver: Deliver) -> None:
    header = "caller,callee,started,trunk"
    rows = [f"1380013800{n},10086,2026-11-01 08:00:00,{name}" for n, name in enumerate(["省际一", "国际二", "plain"])]
    utf8, gbk = "\n".join([header, rows[0], ""]).encode(), "\n".join([*rows[1:], ""]).encode("gb18030")
    broken = b"13800138009,10086,2026-11-01 08:00:00,\xff\xff\n"
    receipt = import_file(lake, deliver(utf8 + gbk + broken))
    assert (receipt.stored, receipt.quarantined) == (3, 1)
    assert {name for batch in lake.scan(["trunk"]) for name in batch["trunk"].to_pylist()} == {
        "省际一",
        "国际二",
        "plain",
    }
    assert reasons(lake) == [(5, "encoding")]


def test_a_byte_order_mark_and_windows_line_ends(lake: Lake, deliver: Deliver, call: Call) -> None:
    data = b"\xef\xbb\xbf" + "\r\n".join([HEADER, call(1), "", call(2), "bad", ""]).encode()
    receipt = import_file(lake, deliver(data))
    assert (receipt.stored, receipt.quarantined) == (2, 1)
    assert lake.quarantine()["raw"].to_pylist() == ["bad"]


@pytest.mark.parametrize("stray", ['"13800138000,10086,x', 'a"b,"c', '"', '""",', '"a" b,"'])
def test_a_stray_quote_swallows_no_good_row(lake: Lake, deliver: Deliver, call: Call, stray: str) -> None:
    lines = [call(1), stray, *(call(n) for n in range(2, 9)), stray, call(9)]
    receipt = import_file(lake, deliver(lines))
    assert (receipt.stored, receipt.quarantined) == (9, 2)


def test_quoted_fields_may_hold_delimiters_and_line_breaks(lake: Lake, deliver: Deliver, call: Call) -> None:
    header = f"{HEADER},note"
    rows = [f'{call(1)},"one, two"', f'{call(2)},"first\nsecond"', f"{call(3)},plain", "bad", f'{call(4)},"say ""no"""']
    receipt = import_file(lake, deliver(rows, header=header))
    assert (receipt.rows, receipt.stored, receipt.quarantined) == (5, 4, 1)
    assert reasons(lake) == [(6, "fields")]


def test_a_delimiter_at_the_end_and_a_column_named_twice(lake: Lake, deliver: Deliver, call: Call) -> None:
    receipt = import_file(lake, deliver([f"{call(n)},x,," for n in range(5)], header=f"{HEADER},note,note"))
    assert (receipt.stored, receipt.quarantined) == (5, 0)
    receipt = import_file(lake, deliver([f"{call(n)},," if n % 2 else call(n) for n in range(5, 9)], "b.csv"))
    assert (receipt.stored, receipt.quarantined) == (4, 0)


def test_old_spreadsheets_end_lines_with_cr_alone(lake: Lake, deliver: Deliver, call: Call) -> None:
    assert import_file(lake, deliver("\r".join([HEADER, call(1), call(2), ""]).encode())).stored == 2


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_found_by_the_header(lake: Lake, deliver: Deliver, call: Call, delimiter: str) -> None:
    lines = [line.replace(",", delimiter) for line in (call(1), call(2))]
    assert import_file(lake, deliver(lines, header=HEADER.replace(",", delimiter))).stored == 2


def test_lines_are_numbered_right_among_many_bad_ones(lake: Lake, deliver: Deliver, call: Call) -> None:
    dice = random.Random(3)
    bad = {line for line in range(2, 3000) if dice.random() < 0.2}
    lines = [f"bad {line}" if line in bad else call(line) for line in range(2, 3000)]
    import_file(lake, deliver(lines))
    table = lake.quarantine()
    assert set(table["line"].to_pylist()) == bad
    assert all(row["raw"] == f"bad {row['line']}" for row in table.to_pylist())


def test_a_cut_gzip_keeps_the_rows_before_the_cut(lake: Lake, deliver: Deliver, call: Call) -> None:
    dice = random.Random(1)
    lines = [call(n, caller=f"138{dice.randrange(10**8):08d}") for n in range(2000)]
    whole = gzip.compress("\n".join([HEADER, *lines, ""]).encode())
    receipt = import_file(lake, deliver(whole[: len(whole) * 2 // 3], "cut.csv"))
    assert 1000 < receipt.stored < 2000
    assert receipt.quarantined == 1
    (row,) = lake.quarantine().to_pylist()
    assert (row["name"], row["line"]) == ("truncated", receipt.stored + 2)
    # The whole file, delivered later, brings exactly the rest.
    assert import_file(lake, deliver(whole + b"", "calls2.csv")).stored == 2000 - receipt.stored


def test_a_damaged_gzip_or_zstd_is_told(lake: Lake, deliver: Deliver, call: Call) -> None:
    text = "\n".join([HEADER, *(call(n) for n in range(50)), ""]).encode()
    broken = bytearray(gzip.compress(text))
    broken[-6] ^= 255  # its checksum
    receipt = import_file(lake, deliver(bytes(broken), "a"))
    assert (receipt.stored, receipt.quarantined) == (50, 1)
    zst = pa.compress(text, codec="zstd", asbytes=True)
    with pytest.raises(InputError, match="cannot be read"):
        import_file(lake, deliver(zst[: len(zst) // 2], "b"))
    assert import_file(lake, deliver(zst[: len(zst) // 2], "b"), mapping="fanzha").quarantined == 1


def test_a_line_without_end_is_refused_unread(lake: Lake, deliver: Deliver, call: Call) -> None:
    data = f"{HEADER}\n{call(1)}\n".encode() + b"x" * 3_000_000 + f"\n{call(2)}\n".encode()
    receipt = import_file(lake, deliver(data))
    assert (receipt.stored, receipt.quarantined) == (2, 1)
    (row,) = lake.quarantine().to_pylist()
    assert (row["line"], row["name"]) == (3, "long_line")
    assert len(row["raw"]) <= 2000


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), st.just(b"good"), st.just(b'"13800138000,10086,')), max_size=25))
def test_no_bytes_break_an_import_nor_cost_a_good_row(pieces: list[bytes]) -> None:
    lines = [piece.replace(b"\n", b" ") for piece in pieces]
    good = 0
    for at, line in enumerate(lines):
        if line == b"good":
            lines[at] = f"13800138000,139{at:08d},2026-11-01 08:00:00,,,0".encode()
            good += 1
    with TemporaryDirectory() as folder, Lake(Path(folder) / "home") as lake:
        path = Path(folder) / "calls.csv"
        path.write_bytes(b"\n".join([HEADER.encode(), *lines]))
        receipt = import_file(lake, path)
        found = callees(lake)
        assert len([raw for raw in found if raw.startswith("1390000")]) >= good
        assert receipt.rows == receipt.stored + receipt.quarantined + receipt.duplicates
