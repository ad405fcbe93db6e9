"""Decides what the page of a restricted person shows of the written notice: to print, to serve by when, or served."""

from __future__ import annotations

from typing import Any

from django import template

from fanzha.desk.lists.models import Item
from fanzha.desk.notices import letters
from fanzha.desk.notices.choices import Way
from fanzha.desk.notices.models import Letter
from fanzha.desk.rights.seats import holds

register = template.Library()


@register.inclusion_tag("notices/letter.html", takes_context=True)
def written_notice(context: dict[str, Any], item: Item) -> dict[str, Any]:
    """Nothing where none is due and none was served."""
    made = Letter.objects.filter(item=item).select_related("served_by").first()
    return {
        "item": item,
        "made": made,
        "wanted": letters.wanted(item),
        "until": letters.by_when(item),
        "serial": letters.serial(item),
        "ways": Way.choices,
        "may": holds(context["user"], letters.RIGHT, item),
        "csrf_token": context.get("csrf_token"),
    }
