"""Decides what an answer about a call holds: the graded action, how it is said on the wire, and every reason for it."""

from __future__ import annotations

import msgspec

from fanzha.policy.action import Action


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why: `code` of policy/reasons.yaml or R1-R8; `by` names entry, contract or rule; `action` what it asked for."""

    code: str
    action: Action
    by: str = ""
    zh: str = ""
    en: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one call. `reasons` are in the order in which they were found; the first of the hardest decided.

    code, phrase, headers: the SIP answer by the trunk's profile (go on: 404 or 503; changed: 302; block: 603, 608 ...).
    degraded: names of what was missing ("counters.concurrent", "policy.age", "trunk"), empty when all was known.
    policy_version: 0 when no policy is loaded. micros: time spent deciding, microseconds.
    """

    key: str
    at: int
    action: Action
    code: int
    phrase: str
    headers: tuple[tuple[str, str], ...] = ()
    label: str = ""
    reasons: tuple[Reason, ...] = ()
    policy_version: int = 0
    degraded: tuple[str, ...] = ()
    micros: int = 0
