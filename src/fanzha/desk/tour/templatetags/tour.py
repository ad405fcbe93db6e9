"""Decides that the tour's panel can be put on a page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language

from fanzha.desk.tour.panel import panel

register = template.Library()


@register.inclusion_tag("tour/panel.html", takes_context=True)
def tour(context: dict[str, Any]) -> dict[str, Any]:
    """The panel, with what this page's request tells."""
    return {**panel(context["request"]), "csrf_token": context.get("csrf_token", "")}


@register.filter
def spoken(words: Any) -> str:
    """Words kept as zh and en, an object's or a dict's, in the reader's language."""
    name = "en" if (get_language() or "").startswith("en") else "zh"
    return str(words.get(name, "") if isinstance(words, dict) else getattr(words, name))
