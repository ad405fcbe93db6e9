"""Decides the routes of referrals: read what belongs to another province, send it on, note what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.organisations.models import User
from fanzha.desk.requests import referring
from fanzha.desk.requests.models import Referral

router = Router(tags=["requests"])
RIGHT = "requests.view"
_READ = Door(Scope.REQUESTS_READ, RIGHT)
_State = Literal["", "open", "sent", "answered", "refused"]


class ReferralRow(shapes.Row):
    """Numbers of one request that are at home in another province (home: its two digits of GB/T 2260)."""

    id: int
    request: int
    home: str
    channel: str
    made_at: datetime
    sent_at: datetime | None
    receipt: str
    acts: shapes.Buttons = []


class Referrals(Schema):
    """A page; `more` says whether another follows."""

    rows: list[ReferralRow]
    more: bool


class Said(Schema):
    """channel: of `send`; receipt: of `answer`; reason: of `answer` and `refuse`."""

    channel: Literal["", "province", "ministry"] = ""
    receipt: shapes.Short = ""
    reason: shapes.Text = ""


@router.get("", auth=_READ, response=telling.answers(Referrals), url_name="referrals")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    user, _key = keyed(request)
    found = _seen(user).order_by("-made_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [_row(row, user) for row in taken], "more": more}


@router.post(
    "/{pk}/{act}", auth=Door(Scope.REQUESTS_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="act_on_referral",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["send", "answer", "refuse", "again"], said: Said,
    name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """Send it by a channel, note the answer or the refusal, open it again for the other channel."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    acts = {
        "send": lambda: referring.send(user, pk, said.channel),
        "answer": lambda: referring.answered(user, pk, said.receipt, said.reason),
        "refuse": lambda: referring.refused(user, pk, said.reason),
        "again": lambda: referring.again(user, pk),
    }
    return telling.written(request, name, acts[act])


def _row(row: Referral, user: User) -> dict[str, Any]:
    return {
        **telling.plain(row, ReferralRow, "request"),
        "request": row.request_id,
        "acts": telling.buttons(row, user),
    }


def _seen(user: User) -> Any:
    return Referral.objects.visible_to(user, RIGHT)
