"""Decides what a sip: or tel: address names: the user, and the telephone number in it as it was written.

A host or a parameter that cannot be read takes nothing away from a number that can: who is judged by his number must
not escape by a letter behind it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from fanzha.gateway.sip.headers import MOST_VALUES, parameters
from fanzha.gateway.sip.malformed import Malformed

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
# How nearly every switch writes it: no escapes, no password, no parameters of the user's.
_PLAIN = re.compile(r"(sips?+):([^@;:%?]++)@([A-Za-z0-9._-]++)(?::([0-9]{1,5}+))?+((?:;[^?]*+)?+)")
_BARE = re.compile(r"\+?[0-9]+(?:[;:?]|$)")  # where a host should stand: no host is a number, and somebody may dial it
_GLOBAL = "+"
_SHORT = 128  # characters; longer ones are not remembered


class Uri(NamedTuple):
    """One address. user: percent-decoded, without password or parameters; number: what was dialled, "" if nothing.

    options: the URI's own parameters and the user's (phone-context, tgrp), names in lower case. sound: False where
    host, port or parameters were not as they should be; what could be read of them stands here.
    """

    scheme: str
    user: str
    host: str
    port: int
    number: str
    options: dict[str, str]
    sound: bool = True


def dialled(text: str) -> tuple[str, bool]:
    """Only the number that a URI names, "" for none, and whether the URI is sound. Raises Malformed as `parse_uri`."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None and len(text) <= _SHORT and "phone-context" not in plain[5]:
        return plain[2], True
    uri = parse_uri(text)
    return uri.number, uri.sound


def parse_uri(text: str) -> Uri:
    """Read sip:, sips: and tel:. Raises Malformed: 400 for what is no URI, 416 for another scheme."""
    return _remembered(text) if len(text) <= _SHORT else _parse(text)


def _parse(text: str) -> Uri:
    plain = _PLAIN.fullmatch(text)
    if plain is not None and "phone-context" not in plain[5]:
        scheme, user, host, port, tail = plain.groups()
        return Uri(scheme, user, host.lower(), int(port or 0), user, *_options(tail))
    match = _SCHEME.fullmatch(text)
    if match is None:
        raise Malformed("Bad URI")
    scheme = match[1].lower()
    if scheme == "tel":
        return _tel(match[2])
    if scheme not in ("sip", "sips"):
        raise Malformed("Unsupported URI Scheme", 416)
    return _sip(scheme, match[2])


_remembered = lru_cache(maxsize=4096)(_parse)


def _tel(rest: str) -> Uri:
    """RFC 3966: subscriber and parameters, no host."""
    subscriber, _, tail = rest.partition(";")
    options, sound = _options(tail)
    user = unquote(subscriber, errors="surrogateescape")
    return Uri("tel", user, "", 0, _with_context(user, options), options, sound)


def _sip(scheme: str, rest: str) -> Uri:
    """RFC 3261 19.1. The user part may hold ';' of its own: a telephone number's parameters (RFC 3966, RFC 4904). It
    ends at the first '@', as with Kamailio: nobody hides his number by another one further on."""
    before, at, after = rest.partition("@")
    if not at:
        before, after = (rest, "") if _BARE.match(rest) else ("", rest)
    place, _, _headers = after.partition("?")
    host, _, tail = place.partition(";")
    match = _HOST.fullmatch(host.strip(" \t"))
    options, sound = _options(tail)
    name, _, user_tail = before.partition(";")
    if user_tail:
        own, plain = _options(user_tail)
        options, sound = own | options, sound and plain
    user = unquote(name.partition(":")[0], errors="surrogateescape")
    number = _with_context(user, options)
    if match is None:
        if not user:
            raise Malformed("Bad URI")
        return Uri(scheme, user, host.lower(), 0, number, options, sound=False)
    return Uri(scheme, user, match[1].lower(), int(match[2] or 0), number, options, sound)


def _options(text: str) -> tuple[dict[str, str], bool]:
    """The parameters, and whether they are well-formed; of others what can be told apart without their quotes."""
    try:
        return (parameters(text) if text else {}), True
    except Malformed:
        pairs = (part.partition("=") for part in text.split(";", MOST_VALUES)[:MOST_VALUES])
        found: dict[str, str] = {}
        for name, _, value in pairs:
            found.setdefault(name.strip().lower(), value.strip())
        return found, False


def _with_context(user: str, options: dict[str, str]) -> str:
    """A local number under a global phone-context is told whole; one dialled with a trunk 0 is left as it is."""
    context = options.get("phone-context", "")
    if context.startswith(_GLOBAL) and user and user[0] not in "+0":
        return context + user
    return user
