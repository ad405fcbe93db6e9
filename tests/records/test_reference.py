from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from fanzha.errors import UsageError
from fanzha.records.contract import REFERENCES
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
from fanzha.records.limits import limits

Deliver = Callable[..., Path]
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def test_subscribers_are_dated_and_hindsight_sees_only_what_was_loaded_by_then(
    deliver: Deliver, tmp_path: Path
) -> None:
    clock = [NOON]
    with Lake(tmp_path / "home", clock=lambda: clock[0]) as lake:
        header = "number,imsi,home_imei,home_cell,activated,document_hash,plan,age_band"
        first = "13800138000,460001234567890,350000000000001,460-00-1-2,2026-11-01,ab12,5G,18-25"
        receipt = import_file(lake, deliver([first, "13900139000,,,,,,,"], header=header), kind="subscribers")
        assert (receipt.stored, receipt.first_seq, receipt.last_seq) == (2, 0, 0)
        clock[0] = NOON + timedelta(days=1)
        again = import_file(lake, deliver(["13700137000,,,,,,,", first], "b.csv", header=header), kind="subscribers")
        assert (again.stored, again.duplicates) == (1, 1)
        table = lake.reference("subscribers")
        assert table.schema == REFERENCES["subscribers"]
        assert table.num_rows == 3
        row = next(row for row in table.to_pylist() if row["plan"])
        assert (row["number"], row["imsi"], row["home_imei"]) == (8613800138000, 460001234567890, 350000000000001)
        assert row["activated"] == datetime(2026, 10, 31, 16, tzinfo=UTC)  # midnight in Shanghai
        assert (row["loaded_at"], row["network"]) == (NOON, "default")
        assert lake.cell_name(row["home_cell"]) == "460-00-1-2"
        assert lake.reference("subscribers", as_of=NOON + timedelta(hours=1)).num_rows == 2
        assert lake.reference("subscribers", network="elsewhere").num_rows == 0


@pytest.mark.parametrize(
    ("kind", "header", "good", "bad"),
    [
        ("cells", "cell,lac,region,place", "460-00-1-2,1,330100,西湖", ",1,330100,x"),
        ("cells", "cell,lac,region,place", "7,1,330100,西湖", "8,1,far,x"),
        (
            "trunks",
            "trunk,owner,permitted,licensed",
            "T1,某公司,057188880000-057188889999;4001234567,true",
            "T2,a,b,perhaps",
        ),
        ("ported", "number,carrier,valid_from", "13800138000,unicom,2026-01-01", "13800138000,,2026-01-01"),
        ("subscribers", "number,activated", "13800138000,2026-01-01", "13800138000,never"),
        ("subscribers", "number,activated", "13800138000,2026-01-01", ",2026-01-01"),
    ],
)
def test_each_kind_of_table_and_its_refused_rows(
    lake: Lake, deliver: Deliver, kind: str, header: str, good: str, bad: str
) -> None:
    receipt = import_file(lake, deliver([good, bad, good], header=header), kind=kind)
    assert (receipt.stored, receipt.quarantined, receipt.duplicates) == (1, 1, 1)
    assert lake.reference(kind).num_rows == 1
    assert lake.quarantine()["line"].to_pylist() == [3]
    assert lake.position() == 0


def test_a_table_that_is_none_is_told(lake: Lake) -> None:
    with pytest.raises(UsageError, match="subscribers"):
        lake.reference("people")
    for kind in REFERENCES:
        assert lake.reference(kind).num_rows == 0


@pytest.mark.parametrize("large", [False, True])
def test_rows_of_numbers_documents_and_cells_are_found_in_a_part_of_any_size(
    lake: Lake, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        small = replace(limits(), loose_rows=1)
        monkeypatch.setattr("fanzha.records.intake.limits", lambda: small)
    header = "number,home_cell,document_hash,plan"
    first = [f"139{at:08},460-00-1-{at % 7},d{at % 11},5G" for at in range(5000)]
    import_file(lake, deliver([*first, "13800138000,,,"], header=header), kind="subscribers")
    later = deliver(["13900000003,460-00-9-9,d3,4G"], "later.csv", header=header)
    import_file(lake, later, kind="subscribers")
    lake.compact()
    assert [part.lookup is not None for part in lake.manifest.parts("reference/subscribers")] == [large, large]
    whole = lake.reference("subscribers").to_pylist()
    for column, values in (
        ("number", [8613900000003, 8613900004999, 8613800138000, 1]),
        ("document_hash", ["d3", "d10", "D3", ""]),
        ("home_cell", [lake.cell_key("460-00-1-4"), lake.cell_key("460-00-9-9"), 0]),
    ):
        found = lake.reference_of("subscribers", column, values, "default", ["number", "plan"])
        expected = [(row["number"], row["plan"]) for row in whole if row[column] in values]
        assert expected
        assert sorted((row["number"], row["plan"]) for row in found.to_pylist()) == sorted(expected)
    assert lake.reference_of("subscribers", "number", [], "default").num_rows == 0
