"""Decides what the first INVITE of a mirrored call says, by the same reading as when the gateway is asked."""

from __future__ import annotations

from ipaddress import ip_address

import msgspec

from fanzha.gateway.call import Call
from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.message import Unanswerable, parse, rehearse
from fanzha.gateway.sip.question import question
from fanzha.gateway.sip.words import SipWords, sip_words

NUMBER_CHARS = 128  # of a number that is kept as it was written


class InviteReader:
    """Reads INVITEs as they were mirrored. Fields by which an edge tells the gateway more are not believed here: on
    the caller's own leg anybody could have written them."""

    def __init__(self, words: SipWords | None = None) -> None:
        told = {"trunk": (), "peer": (), "ingress": (), "region": (), "roaming": ()}
        self._words = msgspec.structs.replace(words or sip_words(), **told)
        rehearse()

    def __call__(self, message: bytes, peer: bytes, at: int) -> Call | None:
        """The call; None where it names no callee. What is malformed is read as far as it goes."""
        try:
            return question(parse(message), address_text(peer), at, self._words)
        except (Malformed, Unanswerable):
            return None


def plain(text: str | None) -> str | None:
    """A number as it was written, without bytes that are no text and cut where it is absurd."""
    if text is None or (len(text) <= NUMBER_CHARS and text.isascii()):
        return text
    return text.encode("utf-8", "replace").decode()[:NUMBER_CHARS]


def address_text(address: bytes) -> str:
    """4 or 16 bytes as an address is written; "" for none."""
    return str(ip_address(address)) if len(address) in (4, 16) else ""
