"""Decides the routes of police requests: file one number, try an Excel of many, follow every number, move it on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Router, Schema, UploadedFile

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.appeals.proofs import digest_of
from fanzha.desk.organisations.models import User
from fanzha.desk.requests import actions
from fanzha.desk.requests.choices import Result, State
from fanzha.desk.requests.execution import rate, results_of
from fanzha.desk.requests.models import Line, Request
from fanzha.desk.requests.terms import terms

router = Router(tags=["requests"])
RIGHT = "requests.view"
_READ = Door(Scope.REQUESTS_READ, RIGHT)
_FILE = Door(Scope.REQUESTS_WRITE, "requests.file")
_State = Literal["", "tried", "filed", "accepted", "executing", "done", "answered", "refused", "withdrawn"]
_Result = Literal["", "waiting", "done", "standing", "looked_up", "referred", "failed"]


class Paper(Schema):
    """The document that a request rests on. rung: of a shutdown; "" for the usual one."""

    network: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]
    document: shapes.Short
    issuer: shapes.Short
    authority: Literal["county", "city", "province", "ministry"]
    kind: Literal["shutdown", "assist"] = "shutdown"
    urgency: Literal["fast", "usual"] = "usual"
    rung: Annotated[str, Field(max_length=20, pattern=r"^[^\x00]*$")] = ""
    case: shapes.Short = ""
    secret: bool = False
    note: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""


class OnePaper(Paper):
    """A document about a single number."""

    number: shapes.Short


class RequestRow(shapes.Row):
    """A request. rows = good + faulty."""

    id: int
    kind: str
    urgency: str
    rung: str
    document: str
    case: str
    issuer: str
    authority: str
    secret: bool
    rows: int
    good: int
    faulty: int
    made_at: datetime
    filed_at: datetime | None
    done_at: datetime | None
    acts: shapes.Buttons = []


class Fault(Schema):
    """What is wrong with a row of the file."""

    row: int
    problem: str


class RequestDetail(RequestRow):
    """With what became of its numbers. rate: 处置率 in percent; errors: of a tried file, the first of them."""

    results: dict[str, int]
    rate: float | None
    errors: list[Fault]


class Requests(Schema):
    """A page; `more` says whether another follows."""

    rows: list[RequestRow]
    more: bool


class LineRow(Schema):
    """What became of one number of a request; `row` is where it stands in the police's own file."""

    row: int
    subject: shapes.Subject
    home: str
    result: str
    told: str
    at: datetime | None
    measure: int | None
    referral: int | None


class Lines(Schema):
    """A page; `more` says whether another follows."""

    rows: list[LineRow]
    more: bool


@router.get("", auth=_READ, response=telling.answers(Requests), url_name="requests")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    found = _seen(keyed(request)[0]).order_by("-made_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [telling.plain(row, RequestRow) for row in taken], "more": more}


@router.get("/{pk}/numbers", auth=_READ, response=telling.answers(Lines), url_name="request_numbers")
def numbers(
    request: HttpRequest, pk: shapes.Number, result: _Result = "", page: shapes.Page = 1, rows: shapes.Rows = 50
) -> dict[str, Any]:
    """Its numbers by row, masked, and what became of each."""
    made = get_object_or_404(_seen(keyed(request)[0]), pk=pk)
    found = made.lines.order_by("row")
    taken, more = telling.paged(found.filter(result=Result(result)) if result else found, page, rows)
    return {"rows": [_line(line, made) for line in taken], "more": more}


@router.post("", auth=_FILE, response=telling.answers(shapes.Receipt), url_name="file_request")
def file(request: HttpRequest, said: OnePaper, name: shapes.Once) -> dict[str, Any]:
    """About a single number: filed at once."""
    user, _key = keyed(request)
    return telling.written(request, name, lambda: actions.file_one(user, said.network, _paper(said), said.number))


@router.post("/trial", auth=_FILE, response=telling.answers(shapes.Receipt), url_name="try_request")
def trial(request: HttpRequest, said: Form[Paper], file: File[UploadedFile], name: shapes.Once) -> dict[str, Any]:
    """The dry run of an Excel of up to 100,000 numbers: read it back by its id, then `file` it."""
    user, _key = keyed(request)
    asked = b"\n".join((said.model_dump_json().encode(), digest_of(file)))
    return telling.written(request, name, lambda: actions.attempt(user, said.network, _paper(said), file), asked=asked)


@router.get("/{pk}", auth=_READ, response=telling.answers(RequestDetail), url_name="request")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with its counts, the errors of a tried file, and the acts that are open."""
    user, _key = keyed(request)
    made = get_object_or_404(_seen(user), pk=pk)
    found = results_of(made)
    tried = made.state == State.TRIED and made.faulty
    faults = actions.faults_of(made)[: terms().errors_shown] if tried else []
    return {
        **telling.plain(made, RequestDetail, "results", "rate", "errors"),
        "results": found,
        "rate": rate(found),
        "errors": [{"row": row, "problem": problem} for row, problem in faults],
        "acts": telling.buttons(made, user),
    }


@router.post(
    "/{pk}/{act}", auth=Door(Scope.REQUESTS_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="act_on_request",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number,
    act: Literal["file", "withdraw", "accept", "approve", "refuse", "answer"], said: shapes.Reason, name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """The same acts as on the page: who filed, who checks and who approves are three people."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    if act in ("withdraw", "refuse"):
        reasoned = {"withdraw": actions.withdraw, "refuse": actions.refuse}[act]
        return telling.written(request, name, lambda: reasoned(user, pk, said.reason))
    plain = {"file": actions.file, "accept": actions.accept, "approve": actions.approve, "answer": actions.answer}[act]
    return telling.written(request, name, lambda: plain(user, pk))


def _paper(said: Paper) -> actions.Paper:
    return actions.Paper(**said.model_dump(exclude={"network", "number"}))


def _line(line: Line, made: Request) -> dict[str, Any]:
    line.request = made
    told = {name: getattr(line, name) for name in ("row", "home", "result", "told", "at")}
    return {**told, "subject": telling.subject(line.subject), "measure": line.measure_id, "referral": line.referral_id}


def _seen(user: User) -> Any:
    return Request.objects.visible_to(user, RIGHT)
