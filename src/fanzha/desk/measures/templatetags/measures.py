"""Decides how other rooms show the measures on a number, with the way to propose one."""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps

from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.words import WORDS
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.choices import Kind
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import holds
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow

register = template.Library()
_FEW = 6


@register.filter
def act_words(entry: Entry) -> str:
    """What an audit entry did, in the words of its workflow's table."""
    room, _dot, name = entry.action.partition(".")
    for table in _tables():
        if table.name == room and name in table.by_name:
            return str(table.by_name[name].label)
    return str(WORDS.get(name, entry.action))


def _tables() -> list[Workflow]:
    return [model.workflow for model in apps.get_models() if issubclass(model, Staged)]


@register.inclusion_tag("measures/about.html", takes_context=True)
def measures_about(context: dict[str, Any], subject: Subject, alert: Any = None) -> dict[str, Any]:
    """The newest measures on a subject, as far as the reader may see, and a button for who may propose."""
    user = context["request"].user
    rows = Measure.objects.seen_by(user).about(subject).order_by("-proposed_at")[:_FEW]
    may = subject.kind in Kind.values and holds(user, "measures.propose", alert or subject)
    return {"rows": rows, "subject": subject, "alert": alert, "may": may, "sees": holds(user, "measures.view", subject)}
