"""Decides which browsers are known: one that has got in before carries a cookie that says so, for that name alone.

A known browser's wrong tries are counted by themselves, so whoever guesses from elsewhere locks nobody out of it. The
cookie opens nothing (OWASP, device cookies); only getting in makes one.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase

from fanzha.desk.keys import derived
from fanzha.desk.login.limits import limits

_USE = "known browsers"


def remember(answer: HttpResponseBase, kind: str, name: str, path: str) -> None:
    """Let this browser be known by `name` (a person's, or an appeal's number) at the addresses below `path`."""
    answer.set_cookie(
        _cookie(kind, name), _signer(kind, name).sign(secrets.token_hex(8)), max_age=_lasts(), path=path,
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict",
    )  # fmt: skip


def browser_of(request: HttpRequest, kind: str, name: str) -> str:
    """By what a browser known by this name is counted; "" for one that is not."""
    given = request.COOKIES.get(_cookie(kind, name), "")
    try:
        return _signer(kind, name).unsign(given, max_age=_lasts())
    except BadSignature:
        return ""


def _lasts() -> timedelta:
    return timedelta(days=limits().known_days)


def _signer(kind: str, name: str) -> TimestampSigner:
    return TimestampSigner(key=derived(_USE).hex(), salt=f"{kind} {name}")


def _cookie(kind: str, name: str) -> str:
    """Tells nothing of the name, and keeps several people of one browser apart."""
    return f"fanzha_known_{hmac.digest(derived(_USE), f'{kind} {name}'.encode(), 'sha256').hex()[:16]}"
