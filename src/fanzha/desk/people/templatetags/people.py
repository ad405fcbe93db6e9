"""Decides how a role is named on pages of people."""

from __future__ import annotations

from django import template

from fanzha.desk.rights.roles import roles

register = template.Library()


@register.filter
def role_words(name: str) -> str:
    """In the reader's language; a role that is no more, by its id."""
    return str(roles().get(name, name))
