from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from fanzha.desk.audit.models import Entry
from fanzha.desk.enforcement.models import Change
from fanzha.desk.excel.exporting import Count, sheet_of
from fanzha.desk.excel.writing import written
from fanzha.desk.lists import importing, sheet
from fanzha.desk.lists.models import Import, Item
from fanzha.errors import Refused


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


def excel(*rows: tuple[Any, ...], which: str = "block") -> SimpleUploadedFile:
    """A filled-in template."""
    book = openpyxl.load_workbook(BytesIO(written(sheet.template(which))))
    for row in rows:
        book.worksheets[0].append(row)
    out = BytesIO()
    book.save(out)
    return SimpleUploadedFile("名单.xlsx", out.getvalue())


GOOD = ("号码", "13907110002", "公安机关通报涉案号码", "", "武公〔2026〕1号", "", "2027-01-01")
ROWS = (
    GOOD,
    (None,) * 7,
    ("号码", 13907110003.0, "公安机关通报涉案号码", "", "武公〔2026〕1号", "", ""),  # Excel took it for a figure
    ("号码", "13907110002", "公安机关通报涉案号码", "", "武公〔2026〕1号", "", ""),  # twice in the file
    ("号码", "110", "公安机关通报涉案号码", "", "武公〔2026〕1号", "", ""),
    ("号码", "13907110004", "瞎写", "", "", "", "明天"),
)


def test_the_dry_run_counts_every_row_and_keeps_none(people: Any) -> None:
    made = importing.attempt(people["analyst"], "hb", "block", excel(*ROWS))
    assert (made.rows, made.good, made.faulty) == (5, 2, 3)
    assert not Item.objects.exists()
    faulty = importing.faults_of(made)
    assert [row for row, _faults in faulty] == [5, 6, 7]
    assert {fault.column for fault in faulty[2][1]} == {"reason", "why", "expires"}
    book = openpyxl.load_workbook(BytesIO(written(sheet.faults_sheet("block", faulty))))
    assert [cell.value for cell in book.worksheets[0][2]] == [5, "号码或标识", "名单中或文件中已有该对象"]


def test_an_import_is_approved_as_a_whole_by_another(people: Any) -> None:
    made = importing.attempt(people["leader"], "hb", "block", excel(*ROWS))
    importing.submit(people["leader"], made.pk)
    assert {item.state for item in Item.objects.all()} == {"proposed"}
    with pytest.raises(Refused, match="双人"):
        importing.approve(people["leader"], made.pk)
    importing.approve(people["leader2"], made.pk)
    assert {item.state for item in Item.objects.all()} == {"active"}
    assert (Change.objects.count(), Entry.objects.filter(action="lists.approve").count()) == (2, 2)
    assert Import.objects.get().state == "done"
    again = importing.attempt(people["leader"], "hb", "block", excel(GOOD))
    assert (again.good, again.faulty) == (0, 1)


@pytest.mark.parametrize("content", [b"", b"not excel", b"PK\x03\x04broken"])
def test_what_is_no_excel_is_told_so(people: Any, home: Path, content: bytes) -> None:
    with pytest.raises(Refused, match="Excel"):
        importing.attempt(people["leader"], "hb", "block", SimpleUploadedFile("a.xlsx", content))
    assert not list((home / "imports").iterdir())


def test_a_bomb_is_not_unpacked(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 500_000_000)
    with pytest.raises(Refused, match="过大"):
        importing.attempt(people["leader"], "hb", "block", SimpleUploadedFile("a.xlsx", out.getvalue()))


def test_a_missing_column_is_named(people: Any) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["姓名"])
    out = BytesIO()
    book.save(out)
    with pytest.raises(Refused, match="证件号码"):
        importing.attempt(people["leader"], "hb", "restricted", SimpleUploadedFile("a.xlsx", out.getvalue()))


def test_what_is_exported_is_masked(people: Any) -> None:
    made = importing.attempt(people["leader"], "hb", "block", excel(GOOD))
    importing.submit(people["leader"], made.pk)
    book = openpyxl.load_workbook(BytesIO(written(sheet_of(Item.objects.all(), sheet.table(), Count()))))
    row = [cell.value for cell in book.worksheets[0][2]]
    assert row[3] == "+86139****0002"
    assert "13907110002" not in str(row)


def test_what_came_on_the_list_since_the_dry_run_is_left_out_and_the_faults_stay_told(people: Any) -> None:
    made = importing.attempt(people["leader"], "hb", "block", excel(*ROWS))
    other = importing.attempt(people["leader"], "hb", "block", excel(GOOD))
    importing.submit(people["leader"], other.pk)
    importing.submit(people["leader"], made.pk)
    made.refresh_from_db()
    assert (made.rows, made.good, made.faulty) == (5, 1, 4)
    assert [row for row, _faults in importing.faults_of(made)] == [5, 6, 7]
