"""Walks tracing reports as every role, and holds them to what the lake joins, to two signatures and to masking (D1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from fanzha.errors import FanzhaError, Refused

ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber", "station")
CALLER, DEVICE, CELL = "+8613907110002", "862971040912908", "460002910010372"
SISTER, SHARER = "+8613907110077", "+8613907110088"  # of the same document; on the same device
_BEGAN = datetime(2026, 11, 15, 1, 0, tzinfo=UTC)


def _font() -> bool:
    from fanzha.desk.overview.press import family

    try:
        return bool(family())
    except FanzhaError:
        return False


def _call(at: int, caller: str = CALLER) -> dict[str, Any]:
    started = _BEGAN + timedelta(minutes=at)
    return {
        "call_id": f"c{at}", "caller": caller, "callee": f"+86138071{at % 9:05}", "started": started,
        "answered": started + timedelta(seconds=8), "ended": started + timedelta(seconds=20), "ring_ms": 8000,
        "talk_ms": 12_000, "ingress": "local", "caller_imei": DEVICE, "caller_cell": CELL,
    }  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: Any, make_alert: Any) -> None:
    """Twenty calls of one number, one of them to 110, two of another on its device, a third of its document."""
    from fanzha.records.contract import CALLS_RAW
    from fanzha.records.importing import import_file
    from fanzha.records.lake import Lake

    monkeypatch.setattr(settings, "HOME", tmp_path)
    rows = [
        *(_call(at) for at in range(19)),
        _call(19) | {"callee": "110"},
        *(_call(30 + at, SHARER) for at in range(2)),
    ]
    pq.write_table(pa.Table.from_pylist(rows, CALLS_RAW), tmp_path / "hb.parquet")
    subscribers = tmp_path / "subscribers.csv"
    header = "number,document_hash\n"
    subscribers.write_text(header + "".join(f"{n},person:abc\n" for n in (CALLER, SISTER)) + "+8613907110099,other\n")
    with Lake(tmp_path) as made:
        import_file(made, tmp_path / "hb.parquet", network="hb")
        import_file(made, subscribers, network="hb", kind="subscribers")
    make_alert("a1", region="420100", value=CALLER)
    make_alert("a2", region="420100", value=SISTER, score=91.0)


@pytest.fixture
def report(lake: None, people: Any) -> Any:
    """By the analyst."""
    from fanzha.desk.tracing.actions import prepare

    return prepare(people["analyst"], _subject(), "A2026-11")


def _subject(region: str = "420100") -> Any:
    from fanzha.desk.masking.subject import Subject

    return Subject("number", CALLER, "hb", region)


def test_numbers_of_document_device_and_calls_are_found_and_ranked(report: Any) -> None:
    from fanzha.desk.tracing.actions import finding_of

    found = finding_of(report)
    assert found.calls == 20
    assert (found.linked[0].value, found.linked[0].by, found.linked[0].score) == (SISTER, "document", 91.0)
    assert [(each.value, each.calls) for each in found.linked if each.by == "device"] == [(SHARER, 2)]
    assert len([each for each in found.linked if each.by == "contact"]) == 9
    assert {CALLER, "+86110"}.isdisjoint({each.value for each in found.linked})
    assert [each.scheme for each in found.alerts] == ["mass_dialling"]
    assert report.serial.startswith("SY420100-20")


def test_two_sign(report: Any, people: Any) -> None:
    from fanzha.desk.audit.models import Entry
    from fanzha.desk.tracing import actions

    mine = actions.prepare(people["leader"], _subject())
    with pytest.raises(Refused):
        actions.review(people["leader"], mine.pk)
    assert actions.review(people["leader2"], mine.pk).reviewed_by == people["leader2"]
    with pytest.raises(Refused):
        actions.send_back(people["leader"], report.pk, "")
    assert actions.send_back(people["leader"], report.pk, "缺案件材料").state == "returned"
    actions_told = set(Entry.objects.filter(kind="report").values_list("action", flat=True))
    assert actions_told == {"tracing.prepare", "tracing.review", "tracing.return"}


def test_every_role(signed_in: Callable[[str], Client], report: Any) -> None:
    sees = (200, 200, 200, 403, 403, 403, 403, 200, 403, 200)
    takes = (200, 403, 200, 403, 403, 403, 403, 200, 403, 403)
    one = (200, 200, 200, 403, 403, 403, 403, 404, 403, 404)
    makes = (302, 302, 302, 403, 403, 403, 403, 404, 403, 404)
    acts = (403, 403, 422, 403, 403, 403, 403, 404, 403, 404)
    for at, name in enumerate(ROLES):
        client = signed_in(name)
        assert client.get(reverse("tracing:list")).status_code == sees[at], name
        assert client.get(reverse("tracing:export")).status_code == takes[at], name
        assert client.get(reverse("tracing:detail", args=[report.pk])).status_code == one[at], name
        assert client.get(reverse("tracing:take", args=[report.pk, "docx"])).status_code == one[at], name
        assert client.post(reverse("tracing:prepare", args=[_subject().token])).status_code == makes[at], name
        told = client.post(reverse("tracing:act", args=[report.pk]), {"act": "return"})
        assert told.status_code == acts[at], name
    for address in ("detail", "act"):
        assert Client().post(reverse(f"tracing:{address}", args=[report.pk])).status_code == 302


def test_another_city_looks_as_if_it_were_not_there(signed_in: Callable[[str], Client], report: Any) -> None:
    type(report).objects.update(region="420500")
    client = signed_in("analyst")
    assert client.get(reverse("tracing:detail", args=[report.pk])).status_code == 404
    assert client.get(reverse("tracing:take", args=[report.pk, "docx"])).status_code == 404
    assert client.post(reverse("tracing:prepare", args=[_subject("420500").token])).status_code == 404


def _words(content: bytes) -> str:
    made = docx.Document(BytesIO(content))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    head = made.sections[0].header.paragraphs[0].text
    return "\n".join([head, *(line.text for line in made.paragraphs), *cells])


def test_word_is_masked_watermarked_signed_and_recorded(
    signed_in: Callable[[str], Client], report: Any, people: Any
) -> None:
    from fanzha.desk.audit.models import Entry
    from fanzha.desk.masking.actions import unmask

    address = reverse("tracing:take", args=[report.pk, "docx"])
    content = signed_in("leader").get(address).content
    text = _words(content)
    assert (
        'string="未经审核 Leader' in docx.Document(BytesIO(content)).sections[0].header._element.xml
    )  # across each page
    for told in (report.serial, "未经审核", "Leader", "编制：Analyst", "同一证件", "移动市分公司", "A2026-11"):
        assert told in text, told
    for number in (CALLER, SISTER, SHARER, DEVICE):
        assert number.removeprefix("+86") not in text
    assert Entry.objects.get(action="tracing.take").data == {"serial": report.serial, "form": "docx"}
    unmask(people["leader"], _subject(), "案件 A2026-11")
    text = _words(signed_in("leader").get(address).content)
    assert "13907110002" in text.replace(" ", "")
    assert "13907110077" not in text.replace(" ", "")  # each number is asked for by itself


@pytest.mark.skipif(not _font(), reason="no Chinese font is installed (scripts/system-packages)")
def test_pdf(signed_in: Callable[[str], Client], report: Any) -> None:
    answer = signed_in("leader").get(reverse("tracing:take", args=[report.pk, "pdf"]))
    assert answer.content.startswith(b"%PDF")
    assert f'filename="{report.serial}.pdf"' in answer["Content-Disposition"]


def test_a_number_that_no_call_knows_makes_no_report(signed_in: Callable[[str], Client], lake: None) -> None:
    from fanzha.desk.masking.subject import Subject
    from fanzha.desk.tracing.models import Report

    token = Subject("number", "+8613907119999", "hb", "420100").token
    assert signed_in("leader").post(reverse("tracing:prepare", args=[token])).status_code == 400
    assert not Report.objects.exists()


def test_english(signed_in: Callable[[str], Client], report: Any) -> None:
    client = signed_in("leader")
    client.post(reverse("pages:language"), {"language": "en"})
    text = client.get(reverse("tracing:detail", args=[report.pk])).content.decode()
    assert "Tracing report" in text
    assert "Same document" in text
    assert "同一证件" not in text
