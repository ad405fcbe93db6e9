from __future__ import annotations

import random
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from fanzha.desk.excel import cells
from fanzha.desk.excel.reading import Limits, rows_of
from fanzha.desk.excel.writing import Sheet, write
from fanzha.errors import Refused

_VALUES = (
    None, "", "13907110002", 13907110002, 13907110002.0, 0.5, -1, 1e22, True, False, "武公〔2026〕1号", " 前后有空格 ",
    "a\nb", "<&>\"'", datetime(2026, 11, 22, 8, 30), date(2027, 1, 1), time(9, 15), "=1+1", "_x000D_", "１３９",
)  # fmt: skip


def _values(path: Path) -> list[tuple[int, dict[int, Any]]]:
    """What openpyxl reads of it, which takes ten times as long."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    told = (
        (at, {column: cell for column, cell in enumerate(row) if cell is not None}) for at, row in enumerate(rows, 1)
    )
    return [(at, row) for at, row in told if row]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mac", [False, True])
def test_cells_are_read_as_openpyxl_reads_them(tmp_path: Path, seed: int, mac: bool) -> None:
    chance, book = random.Random(seed), openpyxl.Workbook()
    if mac:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    page = book.worksheets[0]
    for _row in range(60):
        page.append([chance.choice(_VALUES) for _column in range(chance.randrange(1, 30))])
        if chance.random() < 0.2:
            page.append([])
    book.save(tmp_path / "a.xlsx")
    assert list(cells.rows(tmp_path / "a.xlsx")) == _values(tmp_path / "a.xlsx")


def test_text_within_a_cell_is_joined_and_its_reading_aloud_left_out(tmp_path: Path) -> None:
    """xlsxwriter writes text into the cells; others share it, in pieces, and number neither row nor cell."""
    with (tmp_path / "own.xlsx").open("wb") as out:
        write(out, Sheet([("号码", "x"), ("13907110002", 7)]))
    assert list(cells.rows(tmp_path / "own.xlsx")) == [(1, {0: "号码", 1: "x"}), (2, {0: "13907110002", 1: 7})]
    shared = "<sst><si><r><t>139</t></r><r><t>07110002</t></r><rPh><t>ignored</t></rPh></si></sst>"
    sheet = '<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c><x:v>1</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c></x:row>'
    _rebuilt(tmp_path, {"xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": _sheet(sheet)})
    assert list(cells.rows(tmp_path / "made.xlsx")) == [(1, {0: "13907110002", 1: 1, 2: "#N/A"})]


@pytest.mark.parametrize(
    "sheet",
    [
        '<x:row r="1"><x:c r="A1" t="s"><x:v>9</x:v></x:c></x:row>',
        '<x:row r="1"><x:c r="A1" t="s"><x:v>-1</x:v></x:c></x:row>',
        '<x:row r="1"><x:c r="ZZZZ1"><x:v>1</x:v></x:c></x:row>',
        '<x:row r="1"><x:c r="1"><x:v>1</x:v></x:c></x:row>',
        '<x:row r="one"/>',
        '<x:row r="99999999999999999999"/>',
        '<x:row r="0"/>',
        f"<x:row>{'<x:c/>' * 16_385}</x:row>",
        f'<x:row r="1"><x:c r="A1" t="str"><x:v>{"x" * 32_768}</x:v></x:c></x:row>',
        '<x:row r="1"><x:c r="A1"><x:v>one</x:v></x:c></x:row>',
        f'<x:row r="1"><x:c r="A1"><x:v>{"9" * 5000}</x:v></x:c></x:row>',
        '<x:row r="1"><x:c>',
    ],
)
def test_a_damaged_sheet_is_refused_in_words(tmp_path: Path, sheet: str) -> None:
    _rebuilt(tmp_path, {"xl/worksheets/sheet1.xml": _sheet(sheet)})
    _refused(tmp_path / "made.xlsx")


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
)
def test_a_document_type_is_refused_wherever_it_stands(tmp_path: Path, part: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
    for text in (bomb, '<?xml version="1.0" encoding="UTF-16"?>' + bomb):
        _rebuilt(tmp_path, {part: text.encode("utf-16") if "UTF-16" in text else text})
        _refused(tmp_path / "made.xlsx")


def test_a_file_cut_short_or_changed_at_any_place_is_read_or_refused_but_never_fails(tmp_path: Path) -> None:
    out, chance = BytesIO(), random.Random(1)
    write(out, Sheet([("号码",), *((f"139{at:08}",) for at in range(50))]))
    whole = out.getvalue()
    for _try in range(300):
        spoilt = bytearray(whole)
        for _place in range(chance.randrange(1, 4)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        (tmp_path / "a.xlsx").write_bytes(spoilt if chance.random() < 0.7 else spoilt[: chance.randrange(len(spoilt))])
        with suppress(Refused):
            list(rows_of(tmp_path / "a.xlsx", Limits(10**6, 1000), {"号码": "value"}, "号码"))


def _sheet(rows: str) -> str:
    return f'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{rows}</x:worksheet>'


def _rebuilt(folder: Path, parts: Mapping[str, str | bytes]) -> None:
    """made.xlsx: a plain workbook with some parts in place of its own."""
    with xlsxwriter.Workbook(folder / "plain.xlsx") as book:
        book.add_worksheet().write_string(0, 0, "a")
    with zipfile.ZipFile(folder / "plain.xlsx") as old, zipfile.ZipFile(folder / "made.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))


def _refused(path: Path) -> None:
    with pytest.raises(Refused, match="Excel"):
        list(rows_of(path, Limits(10**6, 1000), {"a": "value"}, "a"))
