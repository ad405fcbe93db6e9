"""Decides who gets through a route: a key in force, with the route's scope, whose owner holds the route's right."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from fanzha.desk.api.actions import key_of
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.models import Key
from fanzha.desk.api.opening import note
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds


class Door(HttpBearer):
    """`Authorization: Bearer fz_…`. Unknown keys are 401; a missing scope or right is 403."""

    def __init__(self, scope: Scope, right: str) -> None:
        super().__init__()
        self.scope, self.right = scope, right
        note(scope, right)

    def authenticate(self, request: HttpRequest, token: str) -> Key | None:
        """The key, as `request.auth`; its owner becomes `request.user`."""
        key = key_of(token, timezone.now())
        if key is None:
            return None
        if self.scope not in key.scopes or not holds(key.owner, self.right):
            raise PermissionDenied(self.scope)
        request.user = key.owner
        return key


def keyed(request: HttpRequest) -> tuple[User, Key]:
    """Who asks, and with which key; the door has let no one else in."""
    key: Key = request.auth  # type: ignore[attr-defined]
    return key.owner, key
