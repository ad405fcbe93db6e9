"""Decides that what somebody types is kept whole or refused, never cut in silence."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fanzha.errors import Refused


def whole(text: str, most: int, where: str) -> str:
    """`text` without the space around it. Raises Refused, naming its field, where it is longer than what is kept."""
    bare = text.strip()
    if len(bare) > most:
        raise Refused(_("内容过长，最多 %(most)s 字") % {"most": most}, where=where)
    return bare
