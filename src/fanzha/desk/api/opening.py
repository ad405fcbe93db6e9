"""Decides which scopes are of use to someone: those with a route whose right they hold."""

from __future__ import annotations

from fanzha.desk.api.choices import Scope
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds

_OPENS: dict[str, set[str]] = {}  # scope -> rights of its routes; every Door notes itself down


def note(scope: Scope, right: str) -> None:
    """A route of this scope asks for this right."""
    _OPENS.setdefault(scope, set()).add(right)


def scopes_of(user: User) -> list[str]:
    """In the order of `Scope`."""
    return [scope for scope in Scope.values if any(holds(user, right) for right in _OPENS.get(scope, ()))]
