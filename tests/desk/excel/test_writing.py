from __future__ import annotations

import asyncio
from io import BytesIO

import openpyxl  # type: ignore[import-untyped]
import pytest

from fanzha.desk.excel import writing
from fanzha.desk.excel.writing import Sent, Sheet, sent, written


def test_a_download_comes_in_pieces_on_either_server_and_leaves_no_file_open(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(writing, "_SMALL", 10_000)
    rows = [("号码", "n"), *((f"=1+{at}", at) for at in range(9000))]

    async def whole() -> list[bytes]:
        answer = sent("a.xlsx", Sheet(iter(rows)))
        assert isinstance(answer, Sent)
        pieces = [piece async for piece in answer]
        answer.close()
        return pieces

    pieces = asyncio.run(whole())
    assert len(pieces) > 1
    answer = sent("a.xlsx", Sheet(iter(rows)))
    assert isinstance(answer, Sent)
    content = answer.getvalue()
    assert int(answer["Content-Length"]) == len(content)
    for each in (content, b"".join(pieces)):
        page = openpyxl.load_workbook(BytesIO(each)).worksheets[0]
        assert page["A9001"].value == "=1+8999"
        assert page["A9001"].data_type == "s"  # text, never a formula
        assert page["B9001"].value == 8999
    answer.close()
    assert answer.file_to_stream.closed


def test_every_row_comes_out_as_it_went_in_whatever_it_holds() -> None:
    odd = ("<&>\"'", " a ", "a\nb", "_x0041_", "\x01", "=1", "x" * 40_000, "", None, 0, -1.5, float("nan"), True, "武")
    rows = [("head",), odd, (), tuple(range(30))]
    out = written(Sheet(iter(rows), title="一"), Sheet([("only",)]))
    first, second = openpyxl.load_workbook(BytesIO(out)).worksheets
    told = [cell.value for cell in first[2]][: len(odd)]
    assert told[:4] == ["<&>\"'", " a ", "a\nb", "_x005F_x0041_"]  # Excel shows the last as it was
    assert told[4:7] == ["_x0001_", "=1", "x" * 32_767]
    assert told[7:] == [None, None, 0, -1.5, "nan", "True", "武"]
    assert (first.max_row, first["AD4"].value, second["A1"].value) == (4, 29, "only")
    many = openpyxl.load_workbook(BytesIO(out), read_only=True)
    assert len(list(many.worksheets[0].iter_rows())) == 4
    many.close()
