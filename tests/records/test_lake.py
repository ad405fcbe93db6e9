from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import StorageError, UsageError
from fanzha.records.contract import CALLS
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake

Deliver = Callable[..., Path]
Call = Callable[..., str]


def scanned(lake: Lake, **bounds: object) -> list[int]:
    return sorted(seq for batch in lake.scan(["seq"], **bounds) for seq in batch["seq"].to_pylist())  # type: ignore[arg-type]


@pytest.fixture
def five_days(lake: Lake, deliver: Deliver, call: Call) -> Lake:
    """Ten calls a day on five days of two networks, the first file sorted, the second as it came."""
    import_file(lake, deliver([call(n, day=1 + n // 10) for n in range(50)]), network="a")
    lake.compact()
    import_file(
        lake,
        deliver([call(n, caller=f"1370000{n % 3:04d}", day=1 + n // 10) for n in range(50)]),
        network="b",
        compact=False,
    )
    return lake


def test_scan_gives_what_lies_in_the_bounds_in_order_of_days(five_days: Lake) -> None:
    days = [batch["started"].to_pylist()[0] for batch in five_days.scan(["started"])]
    assert days == sorted(days)
    assert scanned(five_days) == list(range(1, 101))
    assert scanned(five_days, network="b") == list(range(51, 101))
    assert scanned(five_days, after_seq=45, up_to_seq=55) == list(range(46, 56))
    start = datetime(2026, 11, 2, 0, 5, tzinfo=UTC)  # 08:05 in Shanghai
    end = datetime(2026, 11, 3, 0, 22, tzinfo=UTC)
    assert scanned(five_days, start=start, end=end, network="a") == [*range(11, 21), 21, 22]
    assert scanned(five_days, start=datetime(2027, 1, 1, tzinfo=UTC)) == []
    batch = next(five_days.scan(["talk_ms", "caller"], after_seq=3, start=start))
    assert batch.schema.names == ["talk_ms", "caller"]
    with pytest.raises(UsageError, match="no column"):
        next(five_days.scan(["colour"]))
    with pytest.raises(UsageError, match="zone"):
        next(five_days.scan(["seq"], start=datetime(2026, 1, 1)))


def test_calls_of_a_number_come_from_both_sides_sorted_by_time(five_days: Lake) -> None:
    number = 8613900000007
    table = five_days.calls_of(number)
    assert table.schema == CALLS
    assert table.num_rows == 2
    assert five_days.calls_of(8613700000001).num_rows == 17
    assert five_days.calls_of(8613800138000).num_rows == 50
    assert five_days.calls_of(8613800138000, limit=3)["seq"].to_pylist() == [48, 49, 50]
    assert five_days.calls_of(8613800138000, up_to_seq=7).num_rows == 7
    start = datetime(2026, 11, 5, tzinfo=UTC)
    assert five_days.calls_of(8613800138000, start=start)["seq"].to_pylist() == list(range(41, 51))
    assert five_days.calls_of(8613800138000, end=start)["seq"].to_pylist() == list(range(1, 41))
    assert five_days.calls_of(1).num_rows == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=60), st.booleans()
)
def test_sorted_or_not_every_number_finds_its_calls(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[int, int, int]], sort: bool
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    lines = [f"{'' if a == 0 else 13800000000 + a},{13800000000 + b},2026-11-0{d} 08:00:00" for a, b, d in calls]
    path = folder / "calls.csv"
    path.write_text("\n".join(["caller,callee,started", *lines]))
    with Lake(folder / "home") as lake:
        import_file(lake, path, compact=False)
        if sort:
            lake.compact()
            assert all(part.lookup for part in lake.manifest.parts("calls"))
        for n in range(6):
            expected = sum((a == n and n > 0) or b == n for a, b, _ in calls)
            assert lake.calls_of(8613800000000 + n).num_rows == expected


def test_a_look_up_of_many_blocks_finds_each_number(lake: Lake, deliver: Deliver) -> None:
    lines = [f"{13000000000 + n},10086,2026-11-01 08:00:00" for n in range(0, 20_000, 2)]
    import_file(lake, deliver(lines, header="caller,callee,started"))
    lake.compact()
    assert lake.calls_of(8610086).num_rows == 10_000  # runs over many blocks
    for n in (0, 1022, 1024, 1026, 19_998):
        assert lake.calls_of(8613000000000 + n).num_rows == 1
        assert lake.calls_of(8613000000001 + n).num_rows == 0


def test_devices_and_cells_and_places_in_the_order_of_arrival(lake: Lake, deliver: Deliver) -> None:
    rows = [f"1380013800{n},10086,2026-11-01 08:00:0{n},35000000000000{n % 2},77" for n in range(6)]
    import_file(lake, deliver(rows, header="caller,callee,started,caller_imei,callee_cell"))
    assert lake.calls_of_device(350000000000001)["seq"].to_pylist() == [2, 4, 6]
    assert lake.calls_of_cell(77, up_to_seq=4).num_rows == 4
    assert lake.by_seq([5, 2, 2, 99])["seq"].to_pylist() == [2, 5]
    assert lake.by_seq([]).num_rows == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            *[st.integers(0, 3)] * 4, st.integers(1, 3)
        ),  # caller (0 withheld), its device and cell, the callee's
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(["loose", "sorted", "of before"]),
)
def test_sorted_or_not_every_device_and_cell_finds_its_calls_and_its_numbers(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[int, int, int, int, int]], how: str
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    texts = [
        [str(each or "") for each in (a, b and 350000000000000 + b, c, d and 350000000000000 + d)]
        for a, b, c, d, _ in calls
    ]
    lines = [
        f"{text[0] and 13800000000 + a},10086,2026-11-0{day} 08:00:00,{','.join(text[1:])}"
        for text, (a, *_, day) in zip(texts, calls, strict=True)
    ]
    path = folder / "calls.csv"
    path.write_text("\n".join(["caller,callee,started,caller_imei,caller_cell,callee_imei", *lines]))
    with Lake(folder / "home") as lake:
        import_file(lake, path, compact=False)
        if how != "loose":
            lake.compact()
        for index in lake.root.rglob("*.devices") if how == "of before" else ():
            index.unlink()  # a part that was sorted before there were indexes of devices
        since = datetime(2026, 11, 2, tzinfo=UTC)
        for n in range(1, 4):
            imei = 350000000000000 + n
            assert lake.calls_of_device(imei)["seq"].to_pylist() == [
                at + 1 for at in in_time(calls) if n in (calls[at][1], calls[at][3])
            ]
            assert lake.calls_of_cell(n)["seq"].to_pylist() == [at + 1 for at in in_time(calls) if n == calls[at][2]]
            there = Counter(
                number
                for a, b, _, d, day in calls
                for number, device in ((a and 8613800000000 + a, b), (8610086, d))
                if device == n and number and day > 1
            )
            rows = lake.present("device", [imei], "default", since).to_pylist()
            assert {row["number"]: row["calls"] for row in rows} == there
        assert lake.present("cell", [], "default", since).num_rows == 0


def in_time(calls: list[tuple[int, int, int, int, int]]) -> list[int]:
    return sorted(range(len(calls)), key=lambda at: (calls[at][4], at))


def test_span_imports_and_position(lake: Lake, deliver: Deliver, call: Call) -> None:
    assert lake.span() == (None, None, 0)
    assert (lake.position(), lake.networks(), lake.imports()) == (0, [], [])
    receipt = import_file(lake, deliver([call(1), call(2), "bad"]))
    assert lake.position() == receipt.last_seq == 2
    assert lake.imports() == [receipt]
    first, last, rows = lake.span()
    assert (first, last, rows) == (datetime(2026, 11, 1, 0, 1, tzinfo=UTC), datetime(2026, 11, 1, 0, 2, tzinfo=UTC), 2)
    assert "3 rows = 2 stored" in str(receipt)


def test_closed_days_are_sorted_by_caller_and_late_rows_join_them(lake: Lake, deliver: Deliver, call: Call) -> None:
    import_file(lake, deliver([call(n, caller=f"1380000{99 - n:04d}", day=1 + n % 2) for n in range(60)]))
    ready = {part.day: part.lookup is not None for part in lake.manifest.parts("calls")}
    assert list(ready.values()) == [True, False]  # the second day may still grow
    day = list(lake.scan(["caller"], end=datetime(2026, 11, 1, 12, tzinfo=UTC)))
    callers = pa.Table.from_batches(day)["caller"].to_pylist()
    assert callers == sorted(callers)
    import_file(lake, deliver([call(70, day=1)]))  # one late call does not rewrite a day
    assert len(lake.manifest.parts("calls")) == 3
    import_file(lake, deliver([call(71 + n, day=1) for n in range(20)]))
    assert len([part for part in lake.manifest.parts("calls") if part.last < ready_end()]) == 1
    assert lake.calls_of(8613800138000).num_rows == 21


def ready_end() -> int:
    return int((datetime(2026, 11, 1, 16, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6)


def test_days_past_their_retention_go_by_partition(five_days: Lake) -> None:
    gone = {"calls": 40, "quarantine": 0, "verdicts": 0}
    assert five_days.before(date(2026, 11, 3)) == gone
    assert five_days.drop_before(date(2026, 11, 3)) == gone
    assert not any(five_days.before(date(2026, 11, 3)).values())
    assert five_days.span()[0] == datetime(2026, 11, 3, 0, 20, tzinfo=UTC)
    with five_days.writing():
        pass
    assert not list((five_days.root / "calls").rglob("2026-11-01/*"))
    assert five_days.position() == 100  # what is gone keeps its place in the order


def test_the_day_of_a_call_is_shanghai_s(lake: Lake, deliver: Deliver) -> None:
    import_file(
        lake, deliver(["1,10086,2026-11-01T15:59:59Z", "2,10086,2026-11-01T16:00:00Z"], header="caller,callee,started")
    )
    days = [timedelta(days=part.day) + date(1970, 1, 1) for part in lake.manifest.parts("calls")]
    assert days == [date(2026, 11, 1), date(2026, 11, 2)]


def test_a_lake_of_another_layout_is_refused_not_misread(lake: Lake, tmp_path: Path) -> None:
    lake.manifest.rows("pragma user_version=99")
    with pytest.raises(StorageError, match="layout"):
        Lake(tmp_path / "home")


def test_a_manifest_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/manifest.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    with pytest.raises(StorageError, match="manifest"):
        Lake(tmp_path)
