"""Decides how other rooms show what people complained of a number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone

from fanzha.desk.complaints.choices import State
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.terms import terms
from fanzha.desk.masking.subject import Subject
from fanzha.desk.rights.seats import holds

register = template.Library()
_FEW, _MOST = 6, 200  # shown, counted


@register.inclusion_tag("complaints/about.html", takes_context=True)
def complaints_about(context: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """The newest complaints about a number, as far as the reader may see, and how many people they are."""
    user = context["request"].user
    if subject.kind != "number" or not holds(user, "complaints.view", subject):
        return {"sees": False}
    since = timezone.now() - timedelta(days=terms().window_days)
    found = Complaint.objects.visible_to(user, "complaints.view").filter(network=subject.network, value=subject.value)
    rows = list(found.order_by("-last_at")[:_MOST])
    people = len({row.complainant for row in rows if row.state != State.DISMISSED and row.last_at > since})
    return {"sees": True, "rows": rows[:_FEW], "people": people, "least": terms().complainants}
