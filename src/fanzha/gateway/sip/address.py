"""Decides which part of a From, To, Contact or asserted identity is the name, which the URI, and which its tags."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from fanzha.gateway.sip.headers import parameters, unquote
from fanzha.gateway.sip.malformed import Malformed

_NAMED = re.compile(r'("(?:[^"\\]|\\.)*"\s*|[^<"]*)<([^<>]*)>(.*)', re.DOTALL)


class Address(NamedTuple):
    """display: the name, unquoted; uri: as written; tail: the header's own parameters, as written."""

    display: str
    uri: str
    tail: str

    @property
    def tag(self) -> str:
        """The tag, "" without one."""
        return parameters(self.tail).get("tag", "") if self.tail else ""


@lru_cache(maxsize=256)  # the same From and To are looked at several times while one request is answered
def parse_address(text: str) -> Address:
    """One name-addr or addr-spec (RFC 3261 20.10). Raises Malformed for quotes or brackets that do not close."""
    match = _NAMED.match(text.lstrip())
    if match is not None:
        return Address(unquote(match[1].strip()), match[2].strip(), match[3].strip())
    if "<" in text or '"' in text:
        raise Malformed("Bad Address")
    uri, semicolon, tail = text.partition(";")
    return Address("", uri.strip(), semicolon + tail.strip())
