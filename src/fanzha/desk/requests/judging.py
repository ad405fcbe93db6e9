"""Decides which numbers of a request can be carried out, which are faulty, and which belong to another province."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.excel.reading import Limits, rows_of, text
from fanzha.desk.excel.writing import Sheet
from fanzha.desk.organisations.models import Network
from fanzha.desk.requests.terms import terms
from fanzha.policy import is_protected

HEAD, NOTE = "号码", "备注"


class Asked(NamedTuple):
    """One number that can be carried out. home: the other province it belongs to, "" for one of ours."""

    row: int
    value: str
    region: str
    home: str


@dataclass(frozen=True)
class Judged:
    """What was asked for: rows = good + faulty. faulty: (row, what is wrong)."""

    rows: int
    good: list[Asked]
    faulty: list[tuple[int, str]]


def judge(network: Network, numbers: Sequence[tuple[int, str]]) -> Judged:
    """Read all numbers together, so that 100,000 take seconds. numbers: (row, as typed)."""
    found = numbering.normalise(pa.array([typed for _row, typed in numbers], pa.string()))
    regions = numbering.region_of(found.number)
    good, faulty, seen = [], [], set()
    for (row, _typed), number, region in zip(numbers, found.number.tolist(), regions.tolist(), strict=True):
        problem = _problem(number, number in seen)
        if problem:
            faulty.append((row, problem))
        else:
            seen.add(number)
            good.append(_asked(network, row, number, str(region) if region else ""))
    return Judged(len(numbers), good, faulty)


def read(path: Path) -> list[tuple[int, str]]:
    """(row, number as typed) of a file. Raises Refused."""
    limits = Limits(terms().import_unpacked, terms().import_rows)
    names = {HEAD: "value", NOTE: "note"}
    return [(row, text(cells.get("value", ""))) for row, cells in rows_of(path, limits, names, HEAD)]


def template() -> Sheet:
    """An empty sheet to fill in."""
    return Sheet([(HEAD, NOTE)])


def faults_sheet(faulty: Sequence[tuple[int, str]]) -> Sheet:
    """Row by row what is wrong."""
    return Sheet(chain([("行号", "列", "问题")], ((row, HEAD, problem) for row, problem in faulty)))


def region_for(network: Network, lines: Sequence[Asked]) -> str:
    """Whose business a request is: the one city's where its numbers all live there, else the whole network's region."""
    places = {line.region for line in lines if not line.home}
    return places.pop() if len(places) == 1 else network.region


def _problem(number: int, again: bool) -> str:
    return next(_problems(number, again), "")


def _problems(number: int, again: bool) -> Iterator[str]:
    if number <= 0:
        yield _("不是可识别的号码")
    elif is_protected(number):
        yield _("紧急与公共服务号码不得处置")
    elif again:
        yield _("文件中重复")


def _asked(network: Network, row: int, number: int, region: str) -> Asked:
    """A number without a home (400, foreign) is carried out where it was asked for."""
    away = bool(region) and not region.startswith(network.region[:2])
    own = region if region and not away else network.region
    return Asked(row, numbering.display(number), own, region[:2] if away else "")
