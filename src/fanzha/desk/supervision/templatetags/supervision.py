"""Decides how pages of other rooms show whose a piece of work is, and let it be given to somebody."""

from __future__ import annotations

from typing import Any

from django import template

from fanzha.desk.rights.seats import holds
from fanzha.desk.supervision.actions import RIGHT

register = template.Library()


@register.inclusion_tag("supervision/assigning.html", takes_context=True)
def assigning(context: dict[str, Any], row: Any) -> dict[str, Any]:
    """Whose it is; whoever may assign opens the form in it."""
    return {"row": row, "kind": row._meta.model_name, "may": holds(context["request"].user, RIGHT, row)}
