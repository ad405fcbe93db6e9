"""Decides how rows of the desk are told over REST, and how a write is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema

from fanzha.desk.alerts.models import Alert
from fanzha.desk.api import shapes
from fanzha.desk.api.actions import once
from fanzha.desk.api.door import keyed
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.lists.models import Item
from fanzha.desk.masking.mask import mask_text
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.actions import available
from fanzha.desk.workflow.models import Staged

CODES = (400, 401, 403, 404, 405, 422)


def answers(shape: type[Schema]) -> dict[int, Any]:
    """What a route may answer, for its OpenAPI."""
    return {200: shape, **refusals()}


def refusals() -> dict[int, Any]:
    """How any route may refuse."""
    return dict.fromkeys(CODES, shapes.Problem)


def paged(found: QuerySet[Any], page: int, rows: int) -> tuple[list[Any], bool]:
    """One page of an ordered query, and whether another follows."""
    start = (page - 1) * rows
    taken = list(found[start : start + rows + 1])
    return taken[:rows], len(taken) > rows


def written(
    request: HttpRequest, name: str, act: Callable[[], Staged], *, asked: bytes | None = None
) -> dict[str, Any]:
    """Do a write once; its receipt. asked: what must be the same for the same name where it is not the body alone."""

    def told() -> dict[str, Any]:
        row = act()
        return {"kind": str(row._meta.model_name), "id": str(row.pk), "state": row.state}

    return answered(request, name, told, asked=asked)


def answered(
    request: HttpRequest, name: str, told: Callable[[], dict[str, Any]], *, asked: bytes | None = None
) -> dict[str, Any]:
    """As `written`, for a write that does not come to one row: `told` does it and says what it came to."""
    _user, key = keyed(request)
    body = request.body if asked is None else asked
    sealed = b"\n".join((str(request.method).encode(), request.get_full_path().encode(), body))
    route = request.resolver_match.url_name if request.resolver_match else ""
    receipt, again = once(key, name, sealed, str(route), told)
    return {"receipt": receipt.pk, "at": receipt.at, "again": again, **receipt.answer}


def subject(of: Subject) -> dict[str, Any]:
    """Masked, always."""
    return {"kind": of.kind, "shown": of.masked, "token": of.token}


def buttons(row: Staged, user: User) -> list[dict[str, Any]]:
    """The acts of a row for the key's owner."""
    return [
        {"act": each.name, "label": str(each.label), "refused": None if why is None else str(why)}
        for each, why in available(row, user)
    ]


def alert(row: Alert) -> dict[str, Any]:
    """Without its body."""
    return {**plain(row, shapes.AlertRow), "subject": subject(row.subject)}


def alert_in_full(row: Alert, user: User) -> dict[str, Any]:
    """With its reasons."""
    body = row.body
    keep = ("field", "fields", "op", "threshold", "value", "state", "zh", "en")
    evidence = [{name: each[name] for name in keep if name in each} for each in body.get("evidence", ())]
    return {
        **alert(row),
        "evidence": evidence,
        "counterfactual": body.get("counterfactual"),
        "legal": body.get("legal", []),
        "acts": buttons(row, user),
    }


def measure(row: Measure, user: User | None = None) -> dict[str, Any]:
    """With its acts for `user`, where one is given."""
    acts = buttons(row, user) if user else []
    return {**plain(row, shapes.MeasureRow), "alert": row.alert_id, "subject": subject(row.subject), "acts": acts}


def item(row: Item, user: User | None = None) -> dict[str, Any]:
    """With its acts for `user`, where one is given."""
    return {**plain(row, shapes.ItemRow), "acts": buttons(row, user) if user else []}


def appeal(row: Appeal, user: User | None = None) -> dict[str, Any]:
    """With its acts for `user`, where one is given."""
    acts = buttons(row, user) if user else []
    told = {"measure": row.measure_id, "subject": subject(row.subject), "statement": mask_text(row.statement)}
    return {**plain(row, shapes.AppealRow, "statement"), **told, "acts": acts}


def plain(row: Any, shape: type[Schema], *apart: str) -> dict[str, Any]:
    """What a shape tells of a row word for word; `apart`: fields that the caller adds."""
    apart += ("subject", "acts", "evidence", "counterfactual", "legal", "alert", "measure")
    told = {name: getattr(row, name) for name in shape.model_fields if name not in apart}
    if shape is shapes.AlertRow:
        told["measure"] = row.measure
    return told
