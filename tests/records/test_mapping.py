from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from fanzha.errors import MappingError, VocabularyError
from fanzha.records.detect import detect
from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
from fanzha.records.mapping import built_in, mapping_of, read_mapping

Deliver = Callable[..., Path]

MASTER = (
    '"","13800138000","02888881234","from-internal","""Li"" <13800138000>","SIP/100-1","SIP/trunk-2","Dial",'
    '"SIP/trunk/02888881234,60","2026-11-01 08:00:00","2026-11-01 08:00:05","2026-11-01 08:01:05",65,60,"ANSWERED",'
    '"DOCUMENTATION","1793491200.1",""'
)
FREESWITCH = (
    '"Li","13800138000","10086","default","2026-11-01 08:00:00","","2026-11-01 08:00:20","20","0","NO_ANSWER",'
    '"c60a1f09-ce61-47d3-a806-82bd2c9a4b6a","","","PCMA","PCMA"'
)


def stored(lake: Lake) -> list[dict[str, object]]:
    columns = ["caller", "callee", "caller_raw", "callee_raw", "started", "answered", "ended", "ring_ms", "talk_ms"]
    columns += ["release_cause", "caller_imei", "callee_imei", "caller_cell", "callee_cell", "forwarded_from", "seq"]
    return sorted(pa.Table.from_batches(lake.scan(columns)).to_pylist(), key=lambda row: row["seq"])


def at(hour: int, minute: int, second: int) -> datetime:
    return datetime(2026, 11, 1, hour, minute, second, tzinfo=UTC)


def test_asterisk_master_csv_is_known_without_being_told(lake: Lake, deliver: Deliver) -> None:
    unanswered = MASTER.replace('"2026-11-01 08:00:05"', '""').replace("65,60", "30,0").replace("ANSWERED", "NO ANSWER")
    short = (
        ",".join(MASTER.split(",")[:-2]).replace("08:00:00", "09:00:00").replace("08:0", "09:0")
    )  # no uniqueid, userfield
    receipt = import_file(lake, deliver([MASTER, unanswered, short, "rubbish"], "Master.csv", header=None))
    assert (receipt.mapping, receipt.stored, receipt.quarantined) == ("asterisk", 3, 1)
    talk, rang, _ = stored(lake)
    assert talk["callee"] == 862888881234
    assert (talk["started"], talk["answered"], talk["ended"]) == (at(0, 0, 0), at(0, 0, 5), at(0, 1, 5))
    assert (talk["ring_ms"], talk["talk_ms"], talk["release_cause"]) == (5000, 60000, 16)
    assert (rang["answered"], rang["talk_ms"], rang["release_cause"]) == (None, 0, 19)
    assert import_file(lake, deliver([unanswered, MASTER], "again.csv", header=None)).duplicates == 2


def test_freeswitch_mod_cdr_csv_is_known_without_being_told(lake: Lake, deliver: Deliver) -> None:
    receipt = import_file(lake, deliver([FREESWITCH], "cdr.csv", header=None))
    assert (receipt.mapping, receipt.stored) == ("freeswitch", 1)
    (call,) = stored(lake)
    assert (call["caller"], call["release_cause"], call["talk_ms"], call["ring_ms"]) == (8613800138000, 19, 0, 20000)
    assert (call["answered"], call["ended"]) == (None, at(0, 0, 20))


def test_sichuan_rows_are_turned_round_when_the_subscriber_was_called(lake: Lake, deliver: Deliver) -> None:
    header = "phone_no_m,opposite_no_m,calltype_id,start_datetime,call_dur,city_name,county_name,imei_m"
    rows = [
        "aa11,bb22,1,2020-03-01 08:00:00,60,成都,锦江区,ee55",
        "aa11,cc33,2,2020-03-01 09:00:00,0,成都,锦江区,ee55",
        "aa11,dd44,3,2020-03-01 10:00:00,5,,,",
        "aa11,dd44,9,2020-03-01 10:00:00,5,,,",
    ]
    receipt = import_file(lake, deliver(rows, header=header))
    assert (receipt.mapping, receipt.stored, receipt.quarantined) == ("sichuan2020-voc", 3, 1)
    out, into, forwarded = stored(lake)
    assert (out["caller_raw"], out["callee_raw"]) == ("opaque:aa11", "opaque:bb22")
    assert (into["caller_raw"], into["callee_raw"]) == ("opaque:cc33", "opaque:aa11")
    assert out["caller"] == into["callee"] == forwarded["forwarded_from"]
    assert out["caller"] < 0  # type: ignore[operator]
    assert out["caller_imei"] == into["callee_imei"]
    assert out["callee_imei"] is into["caller_imei"] is None
    assert lake.cell_name(out["caller_cell"]) == "成都/锦江区"  # type: ignore[arg-type]
    assert into["callee_cell"] == out["caller_cell"]
    assert forwarded["caller_cell"] is None
    assert (out["answered"], into["answered"]) == (out["started"], None)
    assert (out["ended"] - out["started"]).seconds == 60  # type: ignore[operator]
    assert lake.calls_of(out["caller"]).num_rows == 3  # type: ignore[arg-type]


OWN = """
id: vendor
zone: UTC
area: "0571"
network: mobile-zj
format: {delimiter: ";", header: true}
columns:
  caller: A
  callee: B
  started: {column: T, time: "%d.%m.%Y %H:%M:%S"}
  talk_ms: {column: S, unit: s}
  ingress: {column: D, values: {1: local, INT: international, X: null}}
  trunk: {constant: T7}
  call_id: {join: [A, ID]}
  serving_region: {column: R, optional: true}
derive: [answered_at_start, ended_from_talk]
"""


def test_an_operator_s_own_mapping(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(OWN)
    rows = ["13800138000;88881234;01.11.2026 08:00:00;1.5;INT;7", "13800138000;10086;01.11.2026 08:00:00;0;X;8",
            "13800138000;10086;11/01/2026;0;1;9", "13800138000;10086;01.11.2026 08:00:00;0;2;10"]  # fmt: skip
    receipt = import_file(lake, deliver(rows, header="A;B;T;S;D;ID"), mapping=tmp_path / "map.yaml")
    assert (receipt.network, receipt.stored, receipt.quarantined) == ("mobile-zj", 2, 2)
    table = pa.Table.from_batches(lake.scan(["callee", "ingress", "trunk", "talk_ms", "source", "started", "ended"]))
    first, second = sorted(table.to_pylist(), key=lambda row: -row["talk_ms"])
    assert (first["callee"], first["ingress"], first["trunk"], first["talk_ms"]) == (8657188881234, 4, "T7", 1500)
    assert (second["ingress"], second["source"]) == (0, "vendor")
    assert first["started"] == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert sorted(lake.quarantine()["name"].to_pylist()) == ["time", "word"]


@pytest.mark.parametrize(
    ("time", "text"), [("epoch_s", "1793491200"), ("epoch_ms", "1793491200000"), ("epoch_s", "1793491200.0")]
)
def test_epochs(lake: Lake, deliver: Deliver, tmp_path: Path, time: str, text: str) -> None:
    (tmp_path / "map.yaml").write_text(
        f"id: e\ncolumns: {{caller: a, callee: b, started: {{column: t, time: {time}}}}}"
    )
    rows = [f"1,10086,{text}", "1,10086,soon", "1,10086,99999999999999999999"]
    receipt = import_file(lake, deliver(rows, header="a,b,t"), mapping=tmp_path / "map.yaml")
    assert (receipt.stored, receipt.quarantined) == (1, 2)
    assert stored(lake)[0]["started"] == at(0, 0, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: x\ncolumns: {caller: a, callee: b, started: c}\ncolour: red", "colour"),
        ("id: x\ncolumns: {caller: a, callee: b, started: c, mood: d}", "no field mood"),
        ("id: x\ncolumns: {caller: a, callee: b}", "started"),
        ("id: x\nid: y\ncolumns: {caller: a, callee: b, started: c}", "twice"),
        ("id: x\ncolumns: {caller: a, callee: b, started: {column: c, unit: h}}", "'h'"),
        ("id: [", "YAML"),
    ],
)
def test_a_wrong_mapping_is_told_with_file_and_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(VocabularyError) as told:
        read_mapping(path)
    assert words in str(told.value)
    assert "map.yaml" in told.value.where


def test_a_mapping_for_another_kind_or_none_at_all(lake: Lake, deliver: Deliver) -> None:
    with pytest.raises(MappingError, match="--kind|is for"):
        import_file(lake, deliver(["1"]), mapping="fanzha-cells")
    with pytest.raises(MappingError, match="no mapping"):
        mapping_of("nowhere.yaml")
    with pytest.raises(MappingError, match="kind"):
        import_file(lake, deliver(["1"]), kind="texts")


def test_a_zone_that_is_none_is_told(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("id: x\nzone: Mars/Base\ncolumns: {caller: a, callee: b, started: c}")
    with pytest.raises(MappingError, match="Mars"):
        import_file(lake, deliver(["1,10086,2026-11-01"], header="a,b,c"), mapping=tmp_path / "map.yaml")


def test_every_built_in_mapping_says_where_its_format_is_described() -> None:
    assert {"fanzha", "asterisk", "freeswitch", "sichuan2020-voc", "sichuan2020-user"} <= set(built_in())
    for mapping in built_in().values():
        assert mapping.source
        assert mapping.as_of
        assert mapping.title.zh
        assert mapping.title.en


def test_detection_prefers_the_mapping_that_reads_most(deliver: Deliver) -> None:
    assert detect(deliver([], header="caller,callee,started,extra"), "calls").id == "fanzha"
    assert detect(deliver([], header="number,imsi"), "subscribers").id == "fanzha-subscribers"
    assert detect(deliver([], header="phone_no_m,city_name,county_name,label"), "subscribers").id == "sichuan2020-user"
