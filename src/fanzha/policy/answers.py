"""Decides which code profiles a gateway takes: final answers that can be said on the wire, and nothing smuggled in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fanzha.policy.profile import Answer, Profile
from fanzha.policy.refusal import Refusal, Refused

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")  # RFC 3261, 25.1
_TEXT = re.compile(r"[\x20-\x7e\u00a0-\uffff]{0,512}")
_CODES = range(300, 700)


def check_profiles(profiles: Iterable[Profile]) -> None:
    """Raises Refused for a code outside 300-699, or a phrase or header that would break the message it stands in."""
    for profile in profiles:
        for name in ("go_on", "changed", "block", "hard", "limit", "challenge"):
            fault = _fault(getattr(profile, name))
            if fault:
                raise Refused(Refusal.PROFILE, f"{name}: {fault}", where=f"profile {profile.name}")
        if not _TEXT.fullmatch(profile.contact):
            raise Refused(Refusal.PROFILE, "contact cannot stand in a header", where=f"profile {profile.name}")


def _fault(answer: Answer) -> str:
    if answer.code not in _CODES:
        return f"{answer.code} is no final answer to a call that is not taken"
    if not _TEXT.fullmatch(answer.phrase):
        return "the phrase cannot stand in a status line"
    for name, value in answer.headers:
        if not _TOKEN.fullmatch(name) or not _TEXT.fullmatch(value):
            return f"the header {name!r} cannot be said"
    return ""
