"""Decides which roles there are and what each may do, from roles.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec
from django.utils.translation import get_language

from fanzha.errors import VocabularyError
from fanzha.vocabulary import decode, read


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh


class Role(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A role: its rights, the kinds of organisation that have it, and how much it may unmask a day."""

    kinds: list[str]
    unmask_daily: int
    rights: list[str]


class _Roles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    as_of: datetime.date
    rights: dict[str, Words]
    roles: dict[str, Role]


@cache
def _read() -> _Roles:
    document = read(Path(__file__).with_name("roles.yaml"))
    found = decode(document, _Roles)
    for name, role in found.roles.items():
        for at, right in enumerate(role.rights):
            if right not in found.rights:
                raise VocabularyError(f"no right is called {right}", where=document.where("roles", name, "rights", at))
    return found


def roles() -> dict[str, Role]:
    """Every role by its name."""
    return _read().roles


def rights() -> dict[str, Words]:
    """Every right by its name, with what it lets one do."""
    return _read().rights
