"""Decides the routes of complaints: take one in, bring a whole file of the 12321 centre, find one true or not."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Query, Router, Schema, UploadedFile

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.complaints import actions, bringing
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.masking.mask import mask_text
from fanzha.desk.organisations.models import User

router = Router(tags=["complaints"])
RIGHT = "complaints.view"
_READ = Door(Scope.COMPLAINTS_READ, RIGHT)
_FILE = Door(Scope.COMPLAINTS_WRITE, "complaints.file")
_State = Literal["", "received", "upheld", "dismissed"]
_Way = Literal["12321", "96110", "operator", "shop", "bank"]
_Network = Annotated[str, Query(max_length=40, pattern=r"^[^\x00]*$")]


class Said(Schema):
    """What someone says of a number. complainant: their own number; reference: the sender's number of it."""

    network: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]
    number: shapes.Short
    complainant: shapes.Short
    kind: Literal["fraud", "posing", "harassing", "false_cli", "other"] = "fraud"
    way: _Way = "operator"
    reference: Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")] = ""
    told: shapes.Text = ""


class ComplaintRow(shapes.Row):
    """A complaint. shown: who complained, masked; times: how often the same person said so."""

    id: int
    subject: shapes.Subject
    kind: str
    way: str
    reference: str
    shown: str
    told: str
    times: int
    made_at: datetime
    last_at: datetime
    acts: shapes.Buttons = []


class Complaints(Schema):
    """A page; `more` says whether another follows."""

    rows: list[ComplaintRow]
    more: bool


class Fault(Schema):
    """What is wrong with a row of the file."""

    row: int
    problem: str


class Brought(Schema):
    """What a file came to: rows = new + repeated + known + faulty. receipt 0: a dry run, nothing was kept."""

    receipt: int = 0
    at: datetime | None = None
    again: bool = False
    rows: int
    new: int
    repeated: int
    known: int
    faulty: int
    errors: list[Fault]


@router.get("", auth=_READ, response=telling.answers(Complaints), url_name="complaints")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    found = _seen(keyed(request)[0]).order_by("-last_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [_row(row) for row in taken], "more": more}


@router.post("", auth=_FILE, response=telling.answers(shapes.Receipt), url_name="file_complaint")
def file(request: HttpRequest, said: Said, name: shapes.Once) -> dict[str, Any]:
    """Taken in once: the same again is counted on the first one, whose id this then is."""
    user, _key = keyed(request)
    what = actions.Said(**said.model_dump(exclude={"network"}))
    return telling.written(request, name, lambda: actions.take(user, said.network, what)[0])


@router.post("/file", auth=_FILE, response=telling.answers(Brought), url_name="bring_complaints")
def bring(
    request: HttpRequest, network: _Network, file: File[UploadedFile], name: shapes.Once, way: _Way = "12321",
    dry: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """A CSV of complaints (docs/desk.md names its columns). dry: only say what it would come to."""
    user, _key = keyed(request)
    content = bringing.content_of(file)
    if dry:
        return bringing.trial(user, network, way, content).told()
    return telling.answered(request, name, lambda: bringing.bring(user, network, way, content).told(), asked=content)


@router.get("/{pk}", auth=_READ, response=telling.answers(ComplaintRow), url_name="complaint")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with the acts that are open."""
    user, _key = keyed(request)
    return _row(get_object_or_404(_seen(user), pk=pk), user)


@router.post(
    "/{pk}/{act}", auth=Door(Scope.COMPLAINTS_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="act_on_complaint",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["uphold", "dismiss"], said: shapes.Reason, name: shapes.Once
) -> dict[str, Any]:
    """Found true, or not: `reason` says what was found."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    return telling.written(request, name, lambda: actions.act(user, pk, act, said.reason))


def _row(row: Complaint, user: User | None = None) -> dict[str, Any]:
    acts = telling.buttons(row, user) if user else []
    said = {"subject": telling.subject(row.subject), "told": mask_text(row.told), "acts": acts}
    return {**telling.plain(row, ComplaintRow, "told"), **said}


def _seen(user: User) -> Any:
    return Complaint.objects.visible_to(user, RIGHT)
