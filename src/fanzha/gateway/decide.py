"""Decides the answer to one call for SIP, HTTP, replay and tests: allow, label, challenge, limit or block, and why.

A pure function of the call, the policy and the live state. The checks run in order; each has a budget and a way to fail
(failure.py). The hardest reason decides, the first among equals. An ALLOW entry outweighs limits and the entries that
stem from a detection rule, never R1-R8, a contract, or an entry that people have set; to be above those one must be a
special user of the contract.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import lru_cache

from fanzha.gateway import checks, reasons
from fanzha.gateway.call import Call
from fanzha.gateway.checks import Weighing
from fanzha.gateway.failure import Cause, Check
from fanzha.gateway.inquiry import Inquiry
from fanzha.gateway.state import Live
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.numbering.false_cli import RULES
from fanzha.policy import Action, Answer, Policy, Profile
from fanzha.policy.profile import DEFAULT, shipped

LOG = logging.getLogger(__name__)
HOUR = 3_600_000_000  # microseconds
WARNING = "P-Fraud-Warning"  # header in which a label's code goes to the edge, where the profile names none
# Refusals by a plain rule: said with the profile's `hard` answer, for 603+ is for judgements only.
HARD = frozenset((*RULES, "contract", "clir", "unchecked"))
_ORDER: tuple[tuple[str, Callable[[Weighing], str]], ...] = (
    (Check.PROTECTED.value, checks.protected),
    (Check.CONTRACT.value, checks.contract),
    (Check.FALSE_CLI.value, checks.false_cli),
    (Check.LISTS.value, checks.lists),
    (Check.LIMITS.value, checks.limits),
)
_FIRST = Check.PROTECTED.value
_LATE, _ERROR, _MISSING = (cause.value for cause in (Cause.LATE, Cause.ERROR, Cause.MISSING))
_UNSAFE = re.compile(r"[^\x20-\x7e]|[\"\\]")


def decide(call: Call, policy: Policy | None, live: Live) -> Verdict:
    """The verdict on one call; changes nothing. What cannot be checked, the failure policy answers for."""
    started = live.clock()
    return weigh(Inquiry(call, policy, live.reader), policy, live, started)


def weigh(asked: Inquiry, policy: Policy | None, live: Live, started: int) -> Verdict:
    """As `decide`, for a call whose numbers have been read; started: of `live.clock`."""
    found = Weighing(asked, policy, live)
    if policy is not None and asked.call.at - policy.compiled_at > live.failure.policy_age_hours * HOUR:
        found.missing.append("policy.age")
    clock, budgets, missing = live.clock, live.budgets, found.missing
    for check, made in _ORDER:
        if clock() - started > budgets[check]:
            _left_out(found, check, _LATE)
            continue
        try:
            lack = made(found)
        except Exception:  # a fault of ours must not become a fault of the network's
            LOG.exception("check %s failed", check)
            _left_out(found, check, _ERROR)
            continue
        if lack:
            missing.append(lack)
            _close(found, check, _MISSING)
        elif check == _FIRST and found.given:
            break
    return _verdict(found, policy, (clock() - started) // 1000)


def _left_out(found: Weighing, check: str, cause: str) -> None:
    found.missing.append(f"{check}.{cause}")
    _close(found, check, cause)


def _close(found: Weighing, check: str, cause: str) -> None:
    """Refuse, where the failure policy says so."""
    if (check, cause) in found.live.closed:
        found.given.append(reasons.plain("unchecked", Action.BLOCK, check))


def _verdict(found: Weighing, policy: Policy | None, micros: int) -> Verdict:
    given, asked = found.given, found.asked
    if found.allowed:
        outweighed = {id(reason) for reason in found.soft}
        given = [reason for reason in given if id(reason) not in outweighed]
        given += [reasons.listed(entry) for entry in found.allowed]
    decisive: Reason | None = None
    for reason in given:
        if decisive is None or reason.action > decisive.action:
            decisive = reason
    action = decisive.action if decisive is not None else Action.ALLOW
    profile = _profile(asked, policy)
    if decisive is None:
        answer = profile.go_on
    else:
        answer = profile.answer(action, hard=decisive.code in HARD)
    label = decisive.zh if decisive is not None and Action.ALLOW < action < Action.LIMIT else ""
    return Verdict(
        key=asked.call.key,
        at=asked.call.at,
        action=action,
        code=answer.code,
        phrase=answer.phrase,
        headers=_headers(answer, profile, asked.call.key, decisive) if decisive is not None else answer.headers,
        label=label,
        reasons=tuple(given),
        policy_version=policy.version if policy is not None else 0,
        degraded=_once(tuple(found.missing)) if found.missing else (),
        micros=micros,
    )


@lru_cache(maxsize=4096)  # few things can be missing, and the same are so in call after call
def _once(missing: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(missing))


def _profile(asked: Inquiry, policy: Policy | None) -> Profile:
    name = asked.trunk.profile if asked.trunk is not None else ""
    return policy.profile(name) if policy is not None else shipped()[DEFAULT]


def _headers(answer: Answer, profile: Profile, key: str, decisive: Reason) -> tuple[tuple[str, str], ...]:
    """The answer's headers, filled in. Nothing that came from outside may end a line or a quoted string."""
    if not answer.headers:
        warned = Action.ALLOW < decisive.action < Action.LIMIT
        return ((WARNING, decisive.code),) if warned else ()
    words = {"contact": profile.contact, "reason": f"{decisive.code} {decisive.en}", "id": key}
    safe = {name: _UNSAFE.sub("_", word) for name, word in words.items()}
    return tuple((name, _filled(value, safe)) for name, value in answer.headers)


def _filled(value: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        value = value.replace(f"{{{name}}}", word)
    return value


__all__ = ["HARD", "WARNING", "Live", "decide", "weigh"]
