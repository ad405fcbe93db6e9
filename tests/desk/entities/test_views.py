from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from fanzha.desk.audit.models import Entry
from fanzha.desk.masking.subject import Subject

CALLER, DEVICE, CELL = "+8613907110002", "862971040912908", "460002910010372"
_BEGAN = datetime(2026, 11, 15, 1, 0, tzinfo=UTC)
CALLS = 90


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ninety calls of one number in the lake of network hb, and five in another's; ids of hb's, oldest first."""
    from fanzha.records.contract import CALLS_RAW
    from fanzha.records.importing import import_file
    from fanzha.records.lake import Lake

    rows = [_call(at) for at in range(CALLS)]
    pq.write_table(pa.Table.from_pylist(rows, CALLS_RAW), tmp_path / "hb.parquet")
    pq.write_table(pa.Table.from_pylist([_call(at + 500) for at in range(5)], CALLS_RAW), tmp_path / "hn.parquet")
    monkeypatch.setattr(settings, "HOME", tmp_path)
    with Lake(tmp_path) as made:
        import_file(made, tmp_path / "hb.parquet", network="hb")
        import_file(made, tmp_path / "hn.parquet", network="hn")
        calls = made.calls_of(8613907110002)
        return [row["id"] for row in calls.to_pylist() if row["network"] == "hb"]


def _call(at: int) -> dict[str, Any]:
    started = _BEGAN + timedelta(minutes=at)
    answered = started + timedelta(seconds=8) if at % 3 == 0 else None
    return {
        "call_id": f"c{at}", "caller": CALLER, "callee": f"+86138071{at:05}", "started": started, "answered": answered,
        "ended": started + timedelta(seconds=20), "ring_ms": 8000, "talk_ms": 12_000 if answered else 0,
        "ingress": "local", "caller_imei": DEVICE, "caller_cell": CELL,
    }  # fmt: skip


@pytest.fixture
def see(signed_in: Callable[[str], Client]) -> Callable[..., str]:
    """The lake's part of a subject's page."""

    def look(kind: str = "number", value: str = CALLER, *, who: str = "leader", **query: str) -> str:
        token = Subject(kind, value, "hb", "420100").token
        return signed_in(who).get(reverse("entities:lake", args=[token]), query).content.decode()

    return look


@pytest.fixture
def look(signed_in: Callable[[str], Client]) -> Callable[..., str]:
    """Another part of a subject's page."""

    def ask(part: str, kind: str = "number", value: str = CALLER) -> str:
        token = Subject(kind, value, "hb", "420100").token
        return signed_in("leader").get(reverse(f"entities:{part}", args=[token])).content.decode()

    return ask


@pytest.fixture
def reference(tmp_path: Path) -> Callable[[str, list[dict[str, Any]]], None]:
    """Puts rows into a reference table of network hb."""
    from fanzha.records.contract import REFERENCES
    from fanzha.records.importing import import_file
    from fanzha.records.lake import Lake

    def bring(kind: str, rows: list[dict[str, Any]]) -> None:
        path = tmp_path / f"{kind}.parquet"
        names = [name for name in REFERENCES[kind].names if any(name in row for row in rows)]
        pq.write_table(pa.table({name: [_text(row.get(name)) for row in rows] for name in names}), path)
        with Lake(tmp_path) as made:
            import_file(made, path, network="hb", kind=kind)

    return bring


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and value > 1_000_000 else value


def _card(number: int, paper: str) -> dict[str, Any]:
    return {"number": number, "document_hash": paper, "home_cell": int(CELL), "plan": "basic8"}


def _peers_call(home: Path) -> None:
    """Forty numbers of the same holder and city that made three calls each on the same day."""
    from fanzha.records.contract import CALLS_RAW
    from fanzha.records.importing import import_file
    from fanzha.records.lake import Lake

    rows = [
        {**_call(1000 + at), "caller": f"+86139071{20_000 + at // 3}", "callee": f"+8613707100{at:03}",
         "started": _BEGAN + timedelta(minutes=at)}
        for at in range(120)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, CALLS_RAW), home / "more.parquet")
    with Lake(home) as made:
        import_file(made, home / "more.parquet", network="hb")


def _data(page: str, name: str) -> Any:
    found = re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_all_of_a_number_and_nothing_of_another_network(lake: list[int], see: Callable[..., str]) -> None:
    page = see()
    assert f"共 {CALLS} 条" in page
    assert _data(page, "days-data")["series"][0]["values"] == [CALLS]
    assert sum(len(one["dots"]) for one in _data(page, "timeline-data")["series"]) == CALLS


def test_numbers_are_masked_in_tables_and_in_drawings(lake: list[int], see: Callable[..., str]) -> None:
    page = see()
    assert "+86138****0003" in page
    assert not re.search(r"\+?86138071\d{5}", page)
    assert CALLER[1:] not in page
    assert DEVICE not in page
    assert all("*" in node["label"] for node in _data(page, "graph-data")["nodes"] if node["kind"] == "number")


def test_the_evidence_of_an_alert_stands_out(lake: list[int], see: Callable[..., str], make_alert: Any) -> None:
    """Also where it is older than the latest records that are shown."""
    alert = make_alert("a1", value=CALLER, region="420100")
    alert.body["records"] = lake[:3]
    alert.save()
    page = see(alert="a1")
    assert page.count('class="is-evidence"') == 3
    evidence = next(one for one in _data(page, "timeline-data")["series"] if one["id"] == "evidence")
    assert len(evidence["dots"]) == 3


def test_devices_and_cells_have_pages_too(lake: list[int], see: Callable[..., str]) -> None:
    for kind, value in (("device", DEVICE), ("cell", CELL)):
        assert f"共 {CALLS} 条" in see(kind, value), kind


def test_cells_stand_on_a_sketch_of_their_province(lake: list[int], see: Callable[..., str], reference: Any) -> None:
    reference("cells", [{"cell_raw": CELL, "cell": int(CELL), "region": 420106, "place": "武昌学校1"}])
    told = _data(see(), "places-data")
    assert told["map"].endswith("/maps/42.json")
    assert [(each["label"], each["region"], each["calls"]) for each in told["cells"]] == [
        ("武昌学校1", "420106", CALLS)
    ]


def test_links_reach_two_steps_by_paper_device_and_calls(
    lake: list[int], look: Callable[..., str], reference: Any, make_alert: Any
) -> None:
    twin, later = 8613807100333, 8613907119999
    reference("subscribers", [_card(8613907110002, "paper1"), _card(twin, "paper1"), _card(later, "paper2")])
    make_alert("a1", value=f"+{twin}", region="420100", score=88.0)
    page = look("links")
    found = _data(page, "links-data")
    steps = {node["label"]: node["step"] for node in found["nodes"]}
    assert steps["+86138****0333"] == 1
    assert {"document", "device", "cell", "contact"} <= {edge["by"] for edge in found["edges"]}
    flagged = next(node for node in found["nodes"] if node["label"] == "+86138****0333")
    assert (flagged["score"], bool(flagged["colour"])) == (88, True)
    assert len({node["id"] for node in found["nodes"]}) == len(found["nodes"]) <= 121
    assert "同一证件" in page
    assert not re.search(r"\+?86138071\d{5}", page)
    device = look("links", "device", DEVICE)
    assert 2 in {node["step"] for node in _data(device, "links-data")["nodes"]}


def test_a_number_stands_beside_a_sample_of_its_peers(
    lake: list[int], look: Callable[..., str], tmp_path: Path
) -> None:
    """Read once, kept without a number in it, and told from what was kept afterwards."""
    _peers_call(tmp_path)
    page = look("peers")
    assert "湖北省武汉市" in page
    assert "抽样 40 个" in page
    assert re.search(r"<td>呼出次数</td><td class=\"r\">90</td><td class=\"r\">3</td>", page)
    kept = [path.read_text() for path in (tmp_path / "peers").iterdir()]
    assert len(kept) == 1
    assert "8613907" not in kept[0]
    assert look("peers") == page


def test_the_page_of_a_number_names_the_lists_that_it_is_on(signed_in: Callable[[str], Client], people: Any) -> None:
    from fanzha.desk.lists.actions import propose
    from fanzha.desk.lists.judging import Line

    for value, kind in ((CALLER, "number"), ("+861390711*", "prefix"), ("+861390722*", "prefix")):
        propose(people["leader"], "hb", "block", Line(value=value, kind=kind, reason="police", why="通报"))
    page = signed_in("leader").get(reverse("entities:page", args=[Subject("number", CALLER, "hb", "420100").token]))
    assert [(each.kind, each.value) for each in page.context["listed"]] == [
        ("prefix", "+861390711*"),
        ("number", CALLER),
    ]
    assert page.context["appeals"] == []


def test_what_no_call_knows_is_told(lake: list[int], see: Callable[..., str]) -> None:
    assert "没有任何通话" in see(value="+8613907119999")


def test_a_look_up_leads_to_a_token_and_is_recorded(signed_in: Callable[[str], Client], house: SimpleNamespace) -> None:
    client = signed_in("analyst")
    answer = client.post(reverse("entities:search"), {"what": "139 0711 0002", "kind": "number"})
    assert answer.status_code == 302
    assert "13907110002" not in answer["Location"]
    assert client.get(answer["Location"]).status_code == 200
    line = Entry.objects.get(action="entities.look_up")
    assert line.data == {"shown": "+86139****0002"}


@pytest.mark.parametrize(
    ("what", "kind", "words"),
    [
        ("", "number", "不是一个号码"), ("13997100000", "number", "不在您的辖区"), ("12", "device", "不是一个 IMEI"),
        (DEVICE, "device", "不在您的辖区"), ("x", "nonsense", "请选择"),
    ],
)  # fmt: skip
def test_look_ups_that_lead_nowhere(what: str, kind: str, words: str, signed_in: Callable[[str], Client]) -> None:
    """A city analyst: another city's number, and a device, which belongs to the province."""
    answer = signed_in("analyst").post(reverse("entities:search"), {"what": what, "kind": kind})
    assert answer.status_code == 422
    assert words in answer.content.decode()
