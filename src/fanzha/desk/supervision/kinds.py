"""Decides which rows are supervised and may be given to somebody: all that have a place and a workflow."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from fanzha.desk.rights.models import Scoped
from fanzha.desk.workflow.models import Staged

_OWN = {"callback"}  # raised by its own clock, in minutes (callbacks/terms.yaml)
_PAGES = {  # where a row is worked on; others at their list
    "alert": "alerts:detail", "measure": "measures:detail", "appeal": "appeals:detail", "request": "requests:detail",
    "complaint": "complaints:detail", "push": "pushes:detail", "rollback": "rollback:detail", "item": "lists:detail",
    "import": "lists:brought", "report": "tracing:detail", "callback": "callbacks:detail",
}  # fmt: skip
_LISTS = {"referral": "requests:referrals"}


@cache
def kinds() -> dict[str, Any]:
    """Model by name."""
    found = (model for model in apps.get_models() if issubclass(model, Staged) and issubclass(model, Scoped))
    return {str(model._meta.model_name): model for model in found}


def supervised() -> dict[str, Any]:
    """Those whose missed deadlines go up here."""
    return {name: model for name, model in kinds().items() if name not in _OWN}


def page_of(kind: str, pk: str) -> str:
    """The address of its page; "" where it has none."""
    try:
        return reverse(_LISTS[kind]) if kind in _LISTS else reverse(_PAGES[kind], args=[pk])
    except (KeyError, NoReverseMatch):
        return ""
