from __future__ import annotations

import asyncio
from io import BytesIO

import openpyxl  # type: ignore[import-untyped]
import pytest

from fanzha.desk.excel import writing
from fanzha.desk.excel.writing import Sent, Sheet, sent


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
