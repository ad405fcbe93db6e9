"""Decides who gets past the door of a view: no right, no page; out of reach is told as not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def needs(right: str) -> Callable[[View[P]], View[P]]:
    """Refuse (403) whoever has no seat with `right`; rows are narrowed by `visible_to` inside the view."""

    def door(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not holds(request.user, right):
                raise PermissionDenied(right)
            return view(request, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return cast("View[P]", guarded)

    return door


def person(request: HttpRequest) -> User:
    """Who asks; the gate has let no one else in. Raises PermissionDenied."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
