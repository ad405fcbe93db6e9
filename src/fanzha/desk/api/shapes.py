"""Decides what goes in and out of every route; numbers, devices and names are masked, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Header, Path, Query, Schema
from pydantic import AfterValidator

from fanzha.desk.api.limits import limits
from fanzha.desk.lists.choices import List
from fanzha.desk.pages.span import within

Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Short = Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")]


def _in_utc(at: datetime) -> datetime:
    """In UTC: databases know no offset beyond 15:59. Raises ValueError without a zone, and beyond what pages show."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone: 2026-11-22T08:00:00+08:00")
    if not within(at):
        raise ValueError("from 2000 to 2999")
    return at.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
AlertId = Annotated[str, Path(max_length=24, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Path(ge=1, le=2**53 - 1)]
Page = Annotated[int, Query(ge=1, le=limits().pages)]
Rows = Annotated[int, Query(ge=1, le=limits().rows)]
Once = Annotated[str, Header(alias="Idempotency-Key", description="8-100 characters, the same for the same write")]
ListName = Literal["allow", "block", "restricted", "special"]
assert set(ListName.__args__) == set(List.values)  # type: ignore[attr-defined]


class Problem(Schema):
    """Why not, where, and what to do about it."""

    status: int
    title: str
    where: str = ""
    hint: str = ""


class Button(Schema):
    """An act that the key's owner may take on the row; `refused` says why not now."""

    act: str
    label: str
    refused: str | None = None


Buttons = list[Button]  # ItemRow has a field called list


class Subject(Schema):
    """Whom a row is about: masked, with the token that /entities takes."""

    kind: str
    shown: str
    token: str


class Row(Schema):
    """What every row has."""

    network: str
    region: str
    state: str
    due_at: datetime | None
    overdue: bool


class AlertRow(Row):
    """An alert in a list."""

    id: str
    subject: Subject
    scheme: str
    title: str
    score: float
    band: str
    measure: str
    rule: str
    first_seen: datetime
    last_seen: datetime
    taken_at: datetime


class AlertDetail(AlertRow):
    """An alert with its reasons, in both languages as detection told them."""

    evidence: list[dict[str, Any]]
    counterfactual: dict[str, Any] | None
    legal: list[dict[str, Any]]
    acts: list[Button]


class MeasureRow(Row):
    """A measure."""

    id: int
    subject: Subject
    rung: str
    alert: str | None
    rule: str
    score: float
    plain: str
    basis: str
    document: str
    proposed_at: datetime
    in_force_at: datetime | None
    expires: datetime | None
    ended_at: datetime | None
    label: str
    acts: list[Button] = []


class ItemRow(Row):
    """One line of a list. `shown` is masked; a person is a masked name and document."""

    id: int
    list: ListName
    kind: str
    shown: str
    reason: str
    document: str
    starts: datetime
    expires: datetime
    acts: Buttons = []


class AppealRow(Row):
    """An appeal."""

    id: int
    measure: int
    subject: Subject
    urgent: bool
    statement: str
    filed_at: datetime
    acknowledged_at: datetime | None
    decided_at: datetime | None
    answer: str
    acts: list[Button] = []


class Found(Schema):
    """What the desk knows of a subject."""

    subject: Subject
    network: str
    region: str
    alerts: list[AlertRow]
    measures: list[MeasureRow]


class Receipt(Schema):
    """What a write came to: asked again under the same Idempotency-Key, this is answered again, `again` true."""

    receipt: int
    at: datetime
    again: bool
    kind: str
    id: str
    state: str


class Alerts(Schema):
    """A page; `more` says whether another follows."""

    rows: list[AlertRow]
    more: bool


class Measures(Schema):
    """A page; `more` says whether another follows."""

    rows: list[MeasureRow]
    more: bool


class Items(Schema):
    """A page; `more` says whether another follows."""

    rows: list[ItemRow]
    more: bool


class Appeals(Schema):
    """A page; `more` says whether another follows."""

    rows: list[AppealRow]
    more: bool


class Judgement(Schema):
    """why: one of the reasons of the act (alerts/choices.py); reason: in words."""

    why: Literal[
        "evidence", "victim", "police", "callback", "business", "verified", "new_holder", "wrong_rule", "more",
        "awaiting", "",
    ] = ""  # fmt: skip
    reason: Text = ""


class Reason(Schema):
    """In words."""

    reason: Text = ""


class LookUp(Schema):
    """A number, IMEI or cell to look for."""

    what: Short
    kind: Literal["number", "device", "cell"] = "number"


class Proposal(Schema):
    """A measure to propose: from an alert, or on the subject of a token. days 0: as long as the rung lasts."""

    alert: Annotated[str, Field(max_length=24, pattern=r"^[^\x00]*$")] = ""
    token: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    rung: Annotated[str, Field(max_length=20, pattern=r"^[^\x00]*$")]
    note: Text = ""
    plain: Annotated[str, Field(max_length=20, pattern=r"^[^\x00]*$")] = ""
    document: Short = ""
    days: Annotated[int, Field(ge=0, le=3650)] = 0
    immediate: bool = False
    secret: bool = False


class Line(Schema):
    """An item to propose for a list, as lists/judging.py reads it."""

    network: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]
    value: Short
    kind: Short = ""
    name: Short = ""
    reason: Short = ""
    why: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""
    document: Short = ""
    authority: Short = ""
    preset: Short = ""
    kept: Short = ""
    trunk: Short = ""
    exemption: Short = ""
    expires: Moment | None = None
