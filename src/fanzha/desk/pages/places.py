"""Decides how a region code is called on pages: 4201 is 湖北省武汉市, nothing is all of China."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fanzha import numbering


def place(code: str) -> str:
    """The name of a GB/T 2260 code cut at 2, 4 or 6 digits; districts are told as their city's and the code."""
    if not code:
        return _("全国")
    city = code[:4].ljust(6, "0")
    zh, en = numbering.region_names(int(city))
    name = en if get_language() == "en" else zh
    if not name:
        return code
    return f"{name} {code}" if len(code) == 6 and not code.endswith("00") else name
