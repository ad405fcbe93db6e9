"""Decides what the police get back (回执): the request, its counts and rate, and every number by its row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.utils import timezone

from fanzha.desk.excel.writing import Sheet
from fanzha.desk.masking.mask import mask
from fanzha.desk.requests.choices import Result
from fanzha.desk.requests.execution import rate, results_of
from fanzha.desk.requests.models import Request

_HEADS = ("行号", "号码（脱敏）", "结果", "办理时间", "处置编号", "处置至", "反馈")


def receipt(request: Request) -> Sheet:
    """As Excel. Numbers are masked: the police know them by the rows of their own file."""
    top = list(_top(request))
    return Sheet(chain(top, [_HEADS], _lines(request)), frozen=len(top) + 1)


def _top(request: Request) -> Iterator[Sequence[Any]]:
    found = results_of(request)
    share = rate(found)
    yield "协查回执", f"HZ-{request.pk:08d}"
    yield "文书编号", request.document
    yield "发文机关", request.issuer
    yield "案件编号", request.case
    yield "请求", request.get_kind_display()
    yield "提交 / 执行完毕", f"{_local(request.filed_at)} / {_local(request.done_at)}"
    yield "行数 = 可执行 + 有误", f"{request.rows} = {request.good} + {request.faulty}"
    for result in Result:
        if found.get(result.value):
            yield str(result.label), found[result.value]
    yield "处置率", "—" if share is None else f"{share:.1f}%"
    yield ()


def _lines(request: Request) -> Iterator[Sequence[Any]]:
    words = {value: str(label) for value, label in Result.choices}
    rows = request.lines.order_by("row").values_list(
        "row", "value", "result", "at", "measure", "measure__expires", "told"
    )
    for row, value, result, at, measure, until, told in rows.iterator(chunk_size=2000):
        yield row, mask("number", value), words[result], _local(at), measure or "", _local(until), told


def _local(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
