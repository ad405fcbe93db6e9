"""Decides how a model's opinion reads on an alert's page: as one family of evidence, or as silence."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

register = template.Library()
_SAYS = {
    "fraud": (_("判为诈骗"), "red"),
    "honest": (_("判为诚实"), "green"),
    "unsure": (_("弃权（把握不足或所知太少）"), "secondary"),
}


@register.inclusion_tag("learning/opinion.html")
def model_says(alert: Any) -> dict[str, Any]:
    """What the released model said of the alert's strongest moment; nothing where none spoke."""
    model = alert.body.get("model")
    if not model or "says" not in model:
        return {}
    said, tone = _SAYS.get(model["says"], _SAYS["unsure"])
    told = model["en" if get_language() == "en" else "zh"]
    return {"model": model, "said": said, "tone": tone, "told": told}
