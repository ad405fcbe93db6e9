from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.enforcement.models import Change
from fanzha.desk.excel.writing import written
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.models import Notice
from fanzha.desk.requests import actions, referring
from fanzha.desk.requests.actions import Paper
from fanzha.desk.requests.choices import Result
from fanzha.desk.requests.execution import rate, results_of
from fanzha.desk.requests.judging import faults_sheet, template
from fanzha.desk.requests.models import Line, Referral, Request
from fanzha.desk.requests.receipt import receipt
from fanzha.desk.requests.terms import terms
from fanzha.errors import Refused

PAPER = Paper("武公（反诈）协〔2026〕8号", "武汉市公安局", "city", case="A4201〔2026〕1", urgency="fast")
WUHAN, WUHAN_2, HUNAN = "13907110002", "13907110003", "13907310001"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


def excel(*numbers: Any) -> SimpleUploadedFile:
    """A filled-in template."""
    book = openpyxl.load_workbook(BytesIO(written(template())))
    for number in numbers:
        book.worksheets[0].append([number, ""])
    out = BytesIO()
    book.save(out)
    return SimpleUploadedFile("关停.xlsx", out.getvalue())


def carried_out(people: Any, made: Request) -> Request:
    """Through both pairs of eyes."""
    actions.accept(people["leader"], made.pk)
    return actions.approve(people["leader2"], made.pk)


def test_one_number_from_document_to_receipt(people: Any) -> None:
    """D8: document, dual approval, deadline, measure, receipt, 处置率."""
    made = actions.file_one(people["duty"], "hb", PAPER, "139 0711 0002")
    assert made.filed_at is not None
    assert made.due_at == made.filed_at + timedelta(hours=2)
    assert made.region == "420100"
    accepted = actions.accept(people["analyst"], made.pk)
    assert accepted.due_at == made.due_at  # the police wait since they filed
    assert not Measure.objects.exists()
    done = actions.approve(people["leader"], made.pk)
    assert (done.state, done.due_at) == ("done", made.due_at)
    measure = Measure.objects.get()
    assert (measure.rung, measure.state, measure.document) == ("shutdown", "active", PAPER.document)
    assert (measure.proposed_by, measure.approved_by) == (people["analyst"], people["leader"])
    assert (Change.objects.count(), Notice.objects.count()) == (1, 1)
    assert rate(results_of(done)) == 100.0
    answered = actions.answer(people["analyst"], made.pk)
    assert (answered.state, answered.due_at) == ("answered", None)
    rows = list(openpyxl.load_workbook(BytesIO(written(receipt(answered)))).worksheets[0].iter_rows(values_only=True))
    assert ("处置率", "100.0%") in [row[:2] for row in rows]
    assert rows[-1][:3] == (1, "+86139****0002", "已关停")
    assert "13907110002" not in str(rows)


def test_two_pairs_of_eyes_neither_of_them_who_asked(people: Any, house: Any) -> None:
    from fanzha.desk.organisations import actions as make

    made = actions.file_one(people["duty"], "hb", PAPER, WUHAN)
    with pytest.raises(PermissionDenied):
        actions.accept(people["duty"], made.pk)
    make.seat(None, people["duty"], house.police, "leader")
    both = type(people["duty"]).objects.get(pk=people["duty"].pk)
    with pytest.raises(Refused, match="双人"):
        actions.accept(both, made.pk)
    actions.accept(people["leader"], made.pk)
    for each in (people["leader"], both):
        with pytest.raises(Refused, match="双人"):
            actions.approve(each, made.pk)
    with pytest.raises(PermissionDenied):
        actions.approve(people["analyst"], made.pk)
    assert not Measure.objects.exists()


def test_an_excel_is_tried_then_filed_and_every_row_counts(people: Any) -> None:
    file = excel(WUHAN, "", 13907110003.0, WUHAN, "110", "abc", HUNAN)
    made = actions.attempt(people["duty"], "hb", PAPER, file)
    assert (made.rows, made.good, made.faulty) == (6, 3, 3)
    assert (made.state, Line.objects.count()) == ("tried", 0)
    faulty = actions.faults_of(made)
    assert [row for row, _why in faulty] == [5, 6, 7]
    sheet = openpyxl.load_workbook(BytesIO(written(faults_sheet(faulty)))).worksheets[0]
    assert [cell.value for cell in sheet[3]] == [6, "号码", "紧急与公共服务号码不得处置"]
    actions.file(people["duty"], made.pk)
    done = carried_out(people, made)
    assert results_of(done) == {Result.DONE: 2, Result.REFERRED: 1}
    assert rate(results_of(done)) == 100.0  # what is another province's to carry out is not ours to miss
    assert Entry.objects.filter(action="measures.approve", batch=f"request-{made.pk}").count() == 2


def test_many_are_carried_out_in_turns_and_nothing_twice(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    short = msgspec.structs.replace(terms(), at_once=2, a_turn=2)
    monkeypatch.setattr(actions, "terms", lambda: short)
    made = actions.attempt(people["duty"], "hb", PAPER, excel(*(f"1390711{n:04}" for n in range(5))))
    actions.file(people["duty"], made.pk)
    assert carried_out(people, made).state == "executing"
    assert Measure.objects.count() == 2
    assert [actions.turn(timezone.now()) for _ in range(3)] == [2, 1, 0]
    assert (Request.objects.get().state, Measure.objects.count(), Change.objects.count()) == ("done", 5, 5)


def test_a_number_that_is_stopped_already_keeps_what_it_has(people: Any) -> None:
    carried_out(people, actions.file_one(people["duty"], "hb", PAPER, WUHAN))
    again = carried_out(people, actions.file_one(people["duty"], "hb", PAPER, WUHAN))
    assert results_of(again) == {Result.STANDING: 1}
    assert Measure.objects.count() == 1


def test_assistance_is_answered_not_enforced(people: Any, make_alert: Any) -> None:
    make_alert("a1", value="+8613907110002", region="420100")
    paper = Paper("协1", "武汉市公安局", "city", kind="assist")
    done = carried_out(people, actions.file_one(people["duty"], "hb", paper, WUHAN))
    assert not Measure.objects.exists()
    assert done.lines.get().told == "预警 1 条，最高 82 分；无处置"


def test_secrecy_holds_the_notice_back(people: Any) -> None:
    paper = Paper("密1", "省公安厅", "province", secret=True)
    carried_out(people, actions.file_one(people["duty"], "hb", paper, WUHAN))
    assert Notice.objects.get().state == "held"


def test_another_provinces_number_is_sent_on_by_either_channel(people: Any, home: Path) -> None:
    """D9: routed by the home province, two channels, status."""
    made = carried_out(people, actions.file_one(people["duty"], "hb", PAPER, HUNAN))
    assert not Measure.objects.exists()
    ticket = Referral.objects.get()
    assert (ticket.home, ticket.channel, ticket.state) == ("43", "province", "open")
    referring.send(people["leader"], ticket.pk, "province")
    out = openpyxl.load_workbook(home / "outgoing" / f"referral-{ticket.pk}-43.xlsx").worksheets[0]
    assert out["A2"].value == "+8613907310001"
    referring.refused(people["leader"], ticket.pk, "不属本省")
    assert referring.again(people["leader"], ticket.pk).channel == "ministry"
    referring.send(people["leader"], ticket.pk, "ministry")
    with pytest.raises(Refused, match="回执号"):
        referring.answered(people["leader"], ticket.pk, "", "已关停")
    ticket = referring.answered(people["leader"], ticket.pk, "湘2026-7", "已关停")
    assert (ticket.state, ticket.receipt, made.lines.get().told) == ("answered", "湘2026-7", "已关停")


def test_who_approves_must_reach_every_number(people: Any, house: Any) -> None:
    from fanzha.desk.organisations import actions as make

    city = make.add_person(None, "city", "City", "correct horse")
    make.seat(None, city, house.branch, "leader")
    file = excel(WUHAN, "13886500001", WUHAN_2)  # the second is of another city
    made = actions.file(people["duty"], actions.attempt(people["duty"], "hb", PAPER, file).pk)
    assert made.region == "42"
    Request.objects.filter(pk=made.pk).update(region="420100")
    actions.accept(people["leader"], made.pk)
    with pytest.raises(Refused, match="1 个号码不在您的辖区"):
        actions.approve(city, made.pk)
    assert Request.objects.get().state == "accepted"


@pytest.mark.parametrize(
    ("paper", "why"),
    [
        (Paper("", "局", "city"), "文书编号"),
        (Paper("1", " ", "city"), "发文机关"),
        (Paper("1", "局", "court"), "机关层级"),
        (Paper("1", "局", "city", rung="suspend"), "不能"),
        (Paper("1", "局", "city", kind="x"), "种类"),
    ],
)
def test_a_paper_that_lacks_something_is_refused(people: Any, paper: Paper, why: str) -> None:
    with pytest.raises(Refused, match=why):
        actions.file_one(people["duty"], "hb", paper, WUHAN)


def test_a_changed_file_is_not_filed(people: Any, home: Path) -> None:
    made = actions.attempt(people["duty"], "hb", PAPER, excel(WUHAN))
    (home / "imports" / made.stored).write_bytes(b"other")
    with pytest.raises(Refused, match="变化"):
        actions.file(people["duty"], made.pk)


def test_a_missed_deadline_is_marked(people: Any) -> None:
    from fanzha.desk.workflow.overdue import mark_overdue

    made = actions.file_one(people["duty"], "hb", PAPER, WUHAN)
    assert mark_overdue(timezone.now() + timedelta(hours=3)) == 1
    assert actions.accept(people["leader"], made.pk).overdue


def test_rights(people: Any) -> None:
    for name in ("analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber"):
        with pytest.raises(PermissionDenied):
            actions.file_one(people[name], "hb", PAPER, WUHAN)
    assert actions.file_one(people["station"], "hb", PAPER, WUHAN).assigned_user == people["station"]
    with pytest.raises(PermissionDenied):
        actions.file_one(people["duty"], "hn", PAPER, WUHAN)
