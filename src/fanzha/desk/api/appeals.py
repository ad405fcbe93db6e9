"""Decides the routes of appeals: read the queue, acknowledge and decide; file one for a subscriber, and follow it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Router, Schema, UploadedFile

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.appeals import actions
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.appeals.proofs import digest_of, limits
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User

router = Router(tags=["appeals"])
RIGHT = "appeals.view"
_READ = Door(Scope.APPEALS_READ, RIGHT)
_FILE = Door(Scope.APPEALS_FILE, RIGHT)
_State = Literal["", "filed", "checking", "upheld", "restored", "refused"]


class Code(Schema):
    """What opens a measure to whom it hit: the number and the code of the notice."""

    number: shapes.Short
    code: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]


class Filing(Code):
    """What the subscriber says. urgent: abroad, travelling, ill."""

    statement: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
    contact: shapes.Short = ""
    urgent: bool = False


class ProofRow(Schema):
    """A file that came with an appeal."""

    id: int
    name: str
    kind: str
    size: int
    sha256: str
    at: datetime


class AppealDetail(shapes.AppealRow):
    """With its proofs."""

    proofs: list[ProofRow]


class Stand(Schema):
    """How one appeal stands; answer: what the subscriber is told."""

    state: str
    label: str
    filed_at: datetime
    due_at: datetime | None
    answer: str


class Followed(Schema):
    """A measure as its subscriber sees it: what, why, until when, and the appeals against it, newest first."""

    state: str
    label: str
    step: str
    reason: str
    in_force_at: datetime | None
    expires: datetime | None
    appeals: list[Stand]


@router.get("", auth=_READ, response=telling.answers(shapes.Appeals), url_name="appeals")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """The most urgent first."""
    found = _seen(keyed(request)[0]).order_by("due_at", "-filed_at", "pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [telling.appeal(row) for row in taken], "more": more}


@router.post("", auth=_FILE, response=telling.answers(shapes.Receipt), url_name="file_appeal")
def file(request: HttpRequest, said: Filing, name: shapes.Once) -> dict[str, Any]:
    """For a subscriber, from the operator's app or hotline, without proofs (see /proofs)."""
    user, _key = keyed(request)
    measure = _opened(said)  # outside the write: a wrong code must count even though the write is refused
    more = {"contact": said.contact, "urgent": said.urgent}
    return telling.written(request, name, lambda: actions.file(measure, said.statement, by=user, **more))  # type: ignore[arg-type]


@router.post("/proofs", auth=_FILE, response=telling.answers(shapes.Receipt), url_name="file_appeal_with_proofs")
def file_with_proofs(
    request: HttpRequest, said: Form[Filing], proofs: File[list[UploadedFile]], name: shapes.Once
) -> dict[str, Any]:
    """The same with proofs: up to five JPG, PNG or PDF, told by their content, of 5 MB each."""
    user, _key = keyed(request)
    measure = _opened(said)
    sealed = b"\n".join((said.model_dump_json().encode(), *(digest_of(each) for each in proofs)))
    more = {"contact": said.contact, "urgent": said.urgent}
    act = partial(actions.file, measure, said.statement, proofs, by=user, **more)  # type: ignore[arg-type]
    return telling.written(request, name, act, asked=sealed)


@router.post("/follow", auth=_FILE, response=telling.answers(Followed), url_name="follow_appeal")
def follow(request: HttpRequest, said: Code) -> dict[str, Any]:  # noqa: ARG001 - ninja wants its name
    """How it stands. It changes nothing; five wrong codes lock the number for a while."""
    measure = _opened(said)
    stands = [
        {"state": row.state, "label": row.state_label, "filed_at": row.filed_at, "due_at": row.due_at,
         "answer": row.answer}
        for row in measure.appeals.order_by("-pk")
    ]  # fmt: skip
    return {
        "state": measure.state, "label": measure.state_label, "step": str(measure.step), "reason": str(measure.told),
        "in_force_at": measure.in_force_at, "expires": measure.expires, "appeals": stands,
    }  # fmt: skip


@router.get("/{pk}", auth=_READ, response=telling.answers(AppealDetail), url_name="appeal")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with its proofs and the acts that are open."""
    user, _key = keyed(request)
    row = get_object_or_404(_seen(user), pk=pk)
    return {
        **telling.appeal(row, user),
        "proofs": [telling.plain(each, ProofRow) for each in row.proofs.order_by("pk")],
    }


_FILES = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {each.mime: _FILES for each in limits().kinds}


@router.get(
    "/{pk}/proofs/{proof}", auth=_READ, response={200: None, **telling.refusals()}, url_name="appeal_proof",
    openapi_extra={"responses": {200: {"content": _CONTENT}}},
)  # fmt: skip
def proof(request: HttpRequest, pk: shapes.Number, proof: shapes.Number) -> HttpResponse:
    """A proof itself; who took it is recorded."""
    user, _key = keyed(request)
    row = get_object_or_404(_seen(user), pk=pk)
    return actions.show_proof(user, row, get_object_or_404(row.proofs, pk=proof))


@router.post(
    "/{pk}/{act}", auth=Door(Scope.APPEALS_WRITE, "appeals.decide"), response=telling.answers(shapes.Receipt),
    url_name="act_on_appeal",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["acknowledge", "uphold", "restore", "refuse"],
    said: shapes.Reason, name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """Acknowledge, or decide: `reason` is the answer that the subscriber is told."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    if act == "acknowledge":
        return telling.written(request, name, lambda: actions.acknowledge(user, pk))
    taken = {"uphold": actions.uphold, "restore": actions.restore, "refuse": actions.refuse}[act]
    return telling.written(request, name, lambda: taken(user, pk, said.reason))


def _opened(said: Code) -> Measure:
    """Tries are counted by number, apart from those on the page: an operator's app asks for many from one address."""
    return actions.open_by_code(said.number, said.code, "")


def _seen(user: User) -> Any:
    return Appeal.objects.visible_to(user, RIGHT).select_related("measure")
