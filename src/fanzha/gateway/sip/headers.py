"""Decides what a header field is called and where its values and parameters end, for everything that reads SIP."""

from __future__ import annotations

import re
from functools import lru_cache

from fanzha.gateway.sip.malformed import Malformed

# RFC 3261 7.3.3 and the registry of compact forms: one letter for the whole name.
COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
_TOKEN = re.compile(r"[A-Za-z0-9!%*_+`'~.-]+")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PARTS = {separator: re.compile(rf"(?:{_QUOTED}|<[^>]*>|[^\"<{separator}])*") for separator in ",;"}
MOST_VALUES = 500  # of one header line or one list of parameters; no switch writes so many
_SHORT = 64  # characters of a name; longer ones are not remembered


def canonical(name: str) -> str:
    """The one spelling of a field name: lower case, the long form. Raises Malformed for what is no token."""
    return _remembered(name) if len(name) <= _SHORT else _canonical(name)


def _canonical(name: str) -> str:
    bare = name.strip(" \t").lower()
    if not _TOKEN.fullmatch(bare):
        raise Malformed("Bad Header Name", mild=True)
    return COMPACT.get(bare, bare)


_remembered = lru_cache(maxsize=1024)(_canonical)


def values(line: str, separator: str = ",") -> list[str]:
    """The values of one header line; separators within quotes or angle brackets separate nothing.

    Raises Malformed for a quote or a bracket that is never closed, and for more than MOST_VALUES.
    """
    if separator not in line:
        return [line]
    if line.count(separator) > MOST_VALUES:
        raise Malformed("Too Many Values")
    found: list[str] = []
    at, part = 0, _PARTS[separator]
    while at <= len(line):
        match = part.match(line, at)
        assert match is not None
        if match.end() < len(line) and line[match.end()] != separator:
            raise Malformed("Unbalanced Quotes")
        if text := match[0].strip():
            found.append(text)
        at = match.end() + 1
    return found


def parameters(text: str) -> dict[str, str]:
    """`;a=1;b="x y"` as a dictionary with lower-case names; "" for a parameter without a value, the first of a name."""
    if text == ";user=phone":
        return {"user": "phone"}
    found: dict[str, str] = {}
    for part in values(text, ";"):
        name, _, value = part.partition("=")
        if name.strip():
            found.setdefault(name.strip().lower(), unquote(value.strip()))
    return found


def unquote(text: str) -> str:
    """A quoted string's content; other text as it is."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
