"""Decides how other rooms show the measures on a number, with the way to propose one."""

from __future__ import annotations

from typing import Any

from django import template

from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.words import said
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.choices import Kind
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import holds

register = template.Library()
_FEW = 6


@register.filter
def act_words(entry: Entry) -> str:
    """What an audit entry did, in the words of its workflow's table."""
    return said(entry.action)


@register.inclusion_tag("measures/about.html", takes_context=True)
def measures_about(context: dict[str, Any], subject: Subject, alert: Any = None) -> dict[str, Any]:
    """The newest measures on a subject, as far as the reader may see, and a button for who may propose."""
    user = context["request"].user
    rows = Measure.objects.seen_by(user).about(subject).order_by("-proposed_at")[:_FEW]
    may = subject.kind in Kind.values and holds(user, "measures.propose", alert or subject)
    return {"rows": rows, "subject": subject, "alert": alert, "may": may, "sees": holds(user, "measures.view", subject)}
