"""Decides which guards rest on who someone is to a row: the one person who may, or those who may not."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.table import Guard, Words


def only(who: str, why: Words) -> Guard:
    """Only the person in the field `who`; others are told why."""
    key = attrgetter(f"{who}_id")

    def guard(row: Any, by: User) -> Words | None:
        return None if key(row) == by.pk else why

    return guard


def never(*who: str, why: Words) -> Guard:
    """None of the persons in these fields, which may be a related row's ("measure.approved_by")."""
    keys = [attrgetter(f"{each}_id") for each in who]

    def guard(row: Any, by: User) -> Words | None:
        return why if any(key(row) == by.pk for key in keys) else None

    return guard
