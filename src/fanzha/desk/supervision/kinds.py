"""Decides which rows are supervised: all that have a workflow; and which are given to people: those with a place."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from fanzha.desk.rights.models import Scoped
from fanzha.desk.workflow.models import Staged

_PAGES = {  # where a row is worked on; others at their list
    "alert": "alerts:detail", "measure": "measures:detail", "appeal": "appeals:detail", "request": "requests:detail",
    "complaint": "complaints:detail", "push": "pushes:detail", "rollback": "rollback:detail", "item": "lists:detail",
    "import": "lists:brought", "report": "tracing:detail", "callback": "callbacks:detail", "version": "lab:version",
    "modelversion": "learning:detail",
}  # fmt: skip
_LISTS = {"referral": "requests:referrals", "notice": "notices:list"}


@cache
def kinds() -> dict[str, Any]:
    """Model by name, of what may be given to somebody."""
    return {name: model for name, model in supervised().items() if issubclass(model, Scoped)}


@cache
def supervised() -> dict[str, Any]:
    """Model by name, of what has deadlines; they go up when they are missed."""
    return {str(model._meta.model_name): model for model in apps.get_models() if issubclass(model, Staged)}


def page_of(kind: str, pk: str) -> str:
    """The address of its page; "" where it has none."""
    try:
        return reverse(_LISTS[kind]) if kind in _LISTS else reverse(_PAGES[kind], args=[pk])
    except (KeyError, NoReverseMatch):
        return ""
