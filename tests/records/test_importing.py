import gzip
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported import HEADER, Call, Deliver, callees, reasons

from fanzha.errors import InputError, MappingError
from fanzha.records.contract import CALLS
from fanzha.records.importing import import_file, import_path
from fanzha.records.lake import Lake

# What a call becomes


def test_a_call_is_stored_as_the_contract_says(lake: Lake, deliver: Deliver) -> None:
    row = "13800138000,057188881234,2026-11-01 08:00:00,2026-11-01 08:00:05,2026-11-01 08:01:05,60000"
    receipt = import_file(lake, deliver([row]), network="telecom-zj")
    (call,) = lake.calls_of(8613800138000).to_pylist()
    assert (receipt.rows, receipt.stored, receipt.first_seq, receipt.last_seq) == (1, 1, 1, 1)
    assert call["caller"] == 8613800138000
    assert call["callee"] == 8657188881234
    assert call["callee_raw"] == "057188881234"
    assert call["started"] == datetime(2026, 11, 1, 0, 0, tzinfo=UTC)  # Shanghai is eight hours ahead
    assert call["ended"] == datetime(2026, 11, 1, 0, 1, 5, tzinfo=UTC)
    assert (call["talk_ms"], call["network"], call["source"]) == (60000, "telecom-zj", "fanzha")
    assert call["ring_ms"] is None  # not reported, never zero
    assert list(call) == CALLS.names


def test_who_talked_was_answered_though_the_source_names_no_answer_time(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    rows = ["13800138000,057188881234,2026-11-01 08:00:00,61000", "13800138000,057188881234,2026-11-01 09:00:00,0"]
    path.write_text("\n".join(["caller,callee,started,talk_ms", *rows]) + "\n", encoding="utf-8")
    import_file(lake, path)
    talked, missed = lake.calls_of(8613800138000).to_pylist()
    assert talked["answered"] == talked["started"]
    assert missed["answered"] is None


def test_a_withheld_caller_is_null_and_a_forty_digit_number_is_kept(lake: Lake, deliver: Deliver, call: Call) -> None:
    long = "1" * 40
    import_file(lake, deliver([call(1, caller=""), call(2, caller=long)]))
    rows = pa.Table.from_batches(lake.scan(["caller", "caller_raw"])).to_pylist()
    assert {"caller": None, "caller_raw": None} in rows
    (kept,) = [row for row in rows if row["caller_raw"] == long]
    assert kept["caller"] < 0  # irregular, and still a key
    assert lake.calls_of(kept["caller"]).num_rows == 1


def test_ingress_words_become_codes_and_a_wrong_word_is_quarantined(lake: Lake, deliver: Deliver) -> None:
    header = "caller,callee,started,ingress,released_by,clir"
    words = ["international,caller,true", ",,", "Local,network,0", "interplanetary,,", "local,nobody,", "local,,maybe"]
    rows = [f"1380013800{n},10086,2026-11-01 08:00:0{n},{said}" for n, said in enumerate(words)]
    import_file(lake, deliver(rows, header=header))
    table = pa.Table.from_batches(lake.scan(["ingress", "released_by", "clir"])).to_pylist()
    assert sorted((row["ingress"], row["released_by"]) for row in table) == [(0, 0), (1, 3), (4, 1)]
    assert [row["clir"] for row in sorted(table, key=lambda row: row["ingress"])] == [None, False, True]
    assert reasons(lake) == [(5, "word"), (6, "word"), (7, "word")]


def test_cells_keep_their_names(lake: Lake, deliver: Deliver) -> None:
    import_file(
        lake,
        deliver(["1,10086,2026-11-01,460-00-1-2", "2,10086,2026-11-01,77"], header="caller,callee,started,caller_cell"),
    )
    key = lake.cell_key("460-00-1-2")
    assert lake.cell_name(key) == "460-00-1-2"
    assert lake.cell_name(77) == "77"
    assert lake.calls_of_cell(key).num_rows == lake.calls_of_cell(77).num_rows == 1


# The same again adds nothing


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3), st.booleans()), max_size=25),
    st.randoms(use_true_random=False),
    st.integers(1, 4),
    st.booleans(),
)
def test_the_same_records_re_ordered_re_cut_re_gzipped_or_overlapping_add_nothing(
    rows: list[tuple[int, int, bool]], dice: random.Random, cuts: int, compacted: bool
) -> None:
    """Rows may be equal to each other (honest twins), and some are refused."""
    lines = [f"13800138000,139{n:08d},2026-11-{d:02d} 08:00:00,,,{0 if good else -1}" for n, d, good in rows]
    good = [line for line, (_, _, fine) in zip(lines, rows, strict=True) if fine]
    with TemporaryDirectory() as folder, Lake(Path(folder) / "home") as lake:

        def deliver(part: list[str], name: str) -> tuple[int, int, int, int]:
            path = Path(folder) / name
            text = "\n".join([HEADER, *part]).encode()
            path.write_bytes(gzip.compress(text) if dice.random() < 0.5 else text)
            receipt = import_file(lake, path)
            assert receipt.rows == receipt.stored + receipt.quarantined + receipt.duplicates == len(part)
            return receipt[4:8]

        assert deliver(lines, "first.csv") == (len(lines), len(good), len(lines) - len(good), 0)
        before = callees(lake)
        assert len(before) == len(good)
        refused = lake.quarantine().num_rows
        if compacted:
            lake.compact()
        again = dice.sample(lines, len(lines))
        assert deliver(again, "re-ordered.csv")[1] == 0
        assert lake.quarantine().num_rows == refused
        for at in range(cuts):
            low = dice.randint(0, len(lines))
            high = dice.randint(low, len(lines))
            assert deliver(again[low:high], f"cut{at}.csv")[1] == 0
        assert callees(lake) == before
        ids = [row for batch in lake.scan(["id"]) for row in batch["id"].to_pylist()]
        assert len(set(ids)) == len(ids)


def test_two_honest_identical_rows_stay_two_even_in_different_blocks(lake: Lake, deliver: Deliver, call: Call) -> None:
    assert import_file(lake, deliver([call(1), call(2), call(1)])).stored == 3
    assert import_file(lake, deliver([call(1), call(1), call(1)])).stored == 1  # a third one was never here


def test_the_same_call_id_is_the_same_call(lake: Lake, deliver: Deliver, call: Call) -> None:
    header = f"call_id,{HEADER}"
    receipt = import_file(lake, deliver([f"a,{call(1)}", f"a,{call(1)}", f"b,{call(1)}", f",{call(1)}"], header=header))
    assert (receipt.stored, receipt.duplicates) == (3, 1)


def test_the_same_call_seen_by_two_networks_is_two_rows(lake: Lake, deliver: Deliver, call: Call) -> None:
    path = deliver([call(1)])
    assert import_file(lake, path, network="telecom").stored == 1
    assert import_file(lake, path, network="unicom").stored == 1
    assert lake.networks() == ["telecom", "unicom"]
    assert lake.span("telecom")[2] == 1
    assert lake.span()[2] == 2


def test_csv_and_parquet_of_the_same_calls_are_the_same_calls(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    row = "13800138000,10086,2026-11-01T00:00:00Z,,2026-11-01T00:00:30Z,0"
    import_file(lake, deliver([row]))
    started, ended = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 0, 0, 30, tzinfo=UTC)
    table = pa.table({"caller": ["13800138000"], "callee": ["10086"], "started": [started], "ended": [ended],
                      "talk_ms": pa.array([0], pa.int32()), "trunk": pa.nulls(1, pa.string())})  # fmt: skip
    pq.write_table(table, tmp_path / "calls.parquet")
    assert import_file(lake, tmp_path / "calls.parquet").duplicates == 1


def test_numbers_as_integers_and_naive_times_in_parquet(lake: Lake, tmp_path: Path) -> None:
    table = pa.table(
        {"caller": [13800138000, None], "callee": [10086.0, 10010.0], "started": [datetime(2026, 11, 1, 8)] * 2}
    )
    pq.write_table(table, tmp_path / "calls.parquet")
    import_file(lake, tmp_path / "calls.parquet")
    (call,) = lake.calls_of(8613800138000).to_pylist()
    assert call["started"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert call["callee_raw"] == "10086"


def test_many_small_pieces_give_the_same_lake(
    lake: Lake, deliver: Deliver, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Blocks, chunks, sorted parts and the table of known ids so small that each of them overflows."""
    import msgspec

    from fanzha.records import limits as module

    small = msgspec.structs.replace(
        module.limits(),
        block_bytes=400,
        chunk_rows=20,
        known_ids=30,
        loose_rows=15,
        loose_parts=4,
        merge_rows=60,
        sorted_parts=2,
    )
    lines = [call(n % 50, day=1 + n % 5) for n in range(300)]
    for name in ("importing", "lake", "intake", "csvrows", "csvblock", "compaction", "callrows"):
        monkeypatch.setattr(f"fanzha.records.{name}.limits", lambda: small)
    with Lake(tmp_path / "small") as tiny:
        receipt = import_file(tiny, deliver(lines))
        assert (receipt.stored, receipt.duplicates) == (300, 0)
        again = import_file(tiny, deliver(list(reversed(lines)), "b.csv"))
        assert (again.stored, again.duplicates) == (0, 300)
        assert callees(tiny) == sorted(line.split(",")[1] for line in lines)
        assert tiny.calls_of(8613800138000).num_rows == 300
        assert not list((tmp_path / "small/lake/staging").glob("*"))


# Where files come from


def test_a_folder_a_glob_gzip_and_zstd(lake: Lake, deliver: Deliver, call: Call, tmp_path: Path) -> None:
    deliver([call(1)], "in/a.csv")
    deliver([call(2)], "in/deep/b.csv.gz")
    text = "\n".join([HEADER, call(3)]).encode()
    with pa.OSFile(str(tmp_path / "in/c.csv.zst"), "wb") as file, pa.CompressedOutputStream(file, "zstd") as sink:
        sink.write(text)
    deliver([call(4)], "in/d.csv.tmp")  # not yet complete
    deliver([call(5)], "in/.e.csv")
    assert [receipt.stored for receipt in import_path(lake, tmp_path / "in")] == [1, 1, 1]
    deliver([call(6)], "in/x1.csv")
    assert [receipt.stored for receipt in import_path(lake, str(tmp_path / "in" / "x*.csv"))] == [1]
    assert lake.position() == 4


def test_gzip_of_several_members_and_a_wrong_suffix(lake: Lake, deliver: Deliver, call: Call) -> None:
    data = gzip.compress(f"{HEADER}\n{call(1)}\n".encode()) + gzip.compress(f"{call(2)}\n".encode()) + b"\0" * 64
    assert import_file(lake, deliver(data, "calls.csv")).stored == 2


def test_one_bad_file_in_a_folder_does_not_stop_the_others(
    lake: Lake, deliver: Deliver, call: Call, tmp_path: Path
) -> None:
    deliver([call(1)], "in/a.csv")
    deliver(b"PK\x03\x04 something", "in/b.csv")
    deliver([call(2)], "in/c.csv")
    receipts = import_path(lake, tmp_path / "in")
    assert [receipt.stored for receipt in receipts] == [1, 0, 1]
    assert "ZIP" in receipts[1].refused


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"PK\x03\x04..", "ZIP"), ("a,b\n".encode("utf-16"), "UTF-16"), (b"PAR1 and then nothing", "Parquet"),
     (b"name,age\nx,1\n", "no built-in mapping")],
)  # fmt: skip
def test_what_is_no_record_file_says_so(lake: Lake, deliver: Deliver, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        import_file(lake, deliver(data))
    assert told.value.where
    assert told.value.hint
    assert lake.imports() == []


def test_a_pipe_is_refused_before_its_rows_are_lost(lake: Lake, tmp_path: Path) -> None:
    """A file is opened several times; of `fanzha import <(zcat x.gz)` nothing would be left for the second time."""
    pipe = tmp_path / "calls.csv"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="pipe"):
        import_file(lake, pipe)


def test_what_a_strangers_file_says_reaches_the_terminal_without_control_characters(
    lake: Lake, deliver: Deliver
) -> None:
    path = deliver([], header="\x1b[2J\x07columns,of,others")
    with pytest.raises(MappingError) as told:
        import_file(lake, path)
    assert "columns" in str(told.value)
    assert "\x1b" not in str(told.value)


def test_a_directory_named_like_a_file_is_a_folder_or_an_error(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").mkdir()
    with pytest.raises(InputError, match="no files"):
        import_path(lake, tmp_path / "calls.csv")
    with pytest.raises(InputError, match="directory"):
        import_file(lake, tmp_path / "calls.csv")
    with pytest.raises(InputError, match="cannot be opened"):
        import_file(lake, tmp_path / "none.csv")
    with pytest.raises(InputError, match="no file matches"):
        import_path(lake, tmp_path / "*.dat")


def test_an_empty_file_or_one_with_only_a_header_holds_no_rows(lake: Lake, deliver: Deliver) -> None:
    assert import_file(lake, deliver(b"")).rows == 0
    assert import_file(lake, deliver([], "b.csv")).rows == 0


def test_a_missing_column_is_named_with_those_there_are(lake: Lake, deliver: Deliver) -> None:
    with pytest.raises(MappingError, match="started") as told:
        import_file(lake, deliver(["1,2"], header="caller,callee"), mapping="fanzha")
    assert "caller, callee" in told.value.hint
