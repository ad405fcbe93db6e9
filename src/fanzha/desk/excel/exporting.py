"""Decides how a list leaves the desk as Excel: what its page shows under the same filters, masked, bounded, recorded.

A full number is nowhere in it, not even one that this person has open on a page: a file does not close after minutes.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Choices
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.excel.writing import Sheet, sent
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.pages.places import place
from fanzha.desk.rights.seats import seats_of
from fanzha.vocabulary import decode, read

RIGHT = "reports.export"
_BLOCK = 2000  # rows that are turned into cells together

Row = tuple[Any, ...]
Lines = Callable[[Sequence[Row]], Iterable[Sequence[Any]]]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many rows go out at once."""

    rows: int
    source: str
    as_of: datetime.date


@dataclass(frozen=True)
class Table:
    """A list as Excel: the words of its head, the fields that are read, and how a block of them becomes cells."""

    head: Sequence[Any]
    fields: Sequence[str]
    lines: Lines


@dataclass
class Count:
    """How many rows went into a sheet, and whether there were more."""

    rows: int = 0
    cut: bool = False


@cache
def limits() -> Limits:
    """From limits.yaml."""
    return decode(read(Path(__file__).with_name("limits.yaml")), Limits)


def exported(
    user: User, name: str, found: Any, table: Table, told: Mapping[str, Any] | None = None, what: str = ""
) -> HttpResponseBase:
    """The rows of an ordered query as a download, `name` the room's. told: the filters, for the audit trail.

    found: narrowed to what this person may see; here also to where they may take something away.

    Written first, then recorded, then given: nothing leaves that the trail does not tell. Raises PermissionDenied.
    """

    def note(data: dict[str, Any]) -> None:
        note_down(user, f"{name}.export", "list", what or name, data)

    return _given(what or name, found.visible_to(user, RIGHT), table, told, note)


def exported_people(
    user: User, name: str, found: Any, table: Table, told: Mapping[str, Any] | None = None
) -> HttpResponseBase:
    """The same for rows about the desk's own people, who belong to no network: `found` is already their managers'."""

    def note(data: dict[str, Any]) -> None:
        with transaction.atomic():
            record(user, [Act(f"{name}.export", "list", name, data=data)])

    return _given(name, found, table, told, note)


def sheet_of(found: Any, table: Table, count: Count) -> Sheet:
    """An ordered query row by row, which are counted on the way."""
    return Sheet(_rows(found, table, count, limits().rows), bold=True)


def note_down(user: User, action: str, kind: str, subject: str, data: Mapping[str, Any] | None = None) -> None:
    """Record that something was taken away: once for each network it may be of, in a region that its people see."""
    seats = [seat for seat in seats_of(user) if RIGHT in seat.rights]
    if not seats:
        raise PermissionDenied(RIGHT)
    reached = {code: seat.region for seat in reversed(seats) for code in seat.networks}
    homes = Network.objects.filter(code__in=reached).order_by("code").values_list("code", "region")
    where = [(code, own if (own := reached[code]).startswith(home) else home) for code, home in homes]
    batch = secrets.token_hex(8) if len(where) > 1 else ""
    told = where or [("", seats[0].region)]
    with transaction.atomic():
        record(user, [Act(action, kind, subject, code, at, data=data or {}) for code, at in told], batch=batch)


def labels(choices: type[Choices]) -> dict[str, str]:
    """The words of each value, in the reader's language."""
    return {str(value): str(label) for value, label in choices.choices}


def moment(at: datetime.datetime | None) -> str:
    """A local time to the minute, with its year; nothing where there is none."""
    # not strftime, which takes four times as long: a hundred thousand rows have four times each
    return "" if at is None else at.astimezone(timezone.get_default_timezone()).isoformat(" ", "minutes")[:16]


def places() -> Callable[[str], str]:
    """`place`, each code asked once."""
    return cache(place)


def yes(value: bool) -> str:
    """A tick as a word; nothing where there is none."""
    return _("是") if value else ""


def _given(
    name: str, rows: Any, table: Table, told: Mapping[str, Any] | None, note: Callable[[dict[str, Any]], None]
) -> HttpResponseBase:
    """The rows as a download, once `note` has recorded them."""
    count = Count()
    answer = sent(f"{name}.xlsx", sheet_of(rows, table, count))
    try:
        note({**_bare(told or {}), "rows": count.rows, "cut": count.cut})
    except BaseException:
        answer.close()
        raise
    return answer


def _rows(found: Any, table: Table, count: Count, most: int) -> Iterator[Sequence[Any]]:
    yield [str(each) for each in table.head]
    values = iter(found.values_list(*table.fields)[: most + 1].iterator(chunk_size=_BLOCK))
    while block := list(islice(values, _BLOCK)):
        keep = block[: most - count.rows]
        yield from table.lines(keep)
        count.rows += len(keep)
        count.cut = len(keep) < len(block)
    if count.cut:
        yield [_("只含前 %(most)s 行，其余请先筛选再导出") % {"most": f"{most:,}"}]


def _bare(told: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as the audit trail keeps them: short, and of plain kinds."""
    kept = {name: value for name, value in told.items() if value}
    return {
        name: [str(each)[:40] for each in value[:20]] if isinstance(value, list) else str(value)[:40]
        for name, value in kept.items()
    }
