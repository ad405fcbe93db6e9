"""Decides how templates show a number: as this person may see it, with a button to ask for more."""

from __future__ import annotations

from typing import Any

from django import template

from fanzha.desk.masking.actions import RIGHT, as_shown, shown_to
from fanzha.desk.masking.mask import mask_text
from fanzha.desk.masking.subject import Subject
from fanzha.desk.rights.seats import holds

register = template.Library()


@register.inclusion_tag("masking/subject.html", takes_context=True)
def shown(context: dict[str, Any], subject: Subject, link: bool = True) -> dict[str, Any]:
    """A subject, masked or not, with the link to all about it and the button that asks for the full value."""
    user = context["request"].user
    full = subject.digest in shown_to(user)
    text = as_shown(user, subject)
    may = not full and text == subject.masked != subject.value and holds(user, RIGHT, subject)
    return {
        "subject": subject,
        "text": text,
        "full": full,
        "may": may,
        "link": link and holds(user, "records.view", subject),
    }


@register.simple_tag(takes_context=True)
def plain(context: dict[str, Any], subject: Subject) -> str:
    """A subject as this person sees it, as bare text."""
    return as_shown(context["request"].user, subject)


@register.simple_tag(takes_context=True)
def words(context: dict[str, Any], subject: Subject, text: str) -> str:
    """What somebody wrote about a subject: numbers in it are hidden from who does not see the subject in full."""
    return text if subject.digest in shown_to(context["request"].user) else mask_text(text)
