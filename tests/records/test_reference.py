from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fanzha.errors import UsageError
from fanzha.records.contract import REFERENCES
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake

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
