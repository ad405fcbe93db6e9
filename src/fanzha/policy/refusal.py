"""Decides why a policy message is refused, in words that a log, a counter and the desk share."""

from __future__ import annotations

from enum import StrEnum

from fanzha.errors import PolicyError


class Refusal(StrEnum):
    """Why a message was not taken; the last good policy stays in force."""

    FORMAT = "format"  # no policy message, or one of a later version
    DAMAGED = "damaged"  # cut off, or bytes that are not those that were signed
    SIGNATURE = "signature"  # not by a trusted key
    LOWER = "lower"  # a number already passed, with other content
    SKIPPED = "skipped"  # a delta that does not follow ours
    ENTRY = "entry"  # a line of a list that says nothing usable
    EXPIRY = "expiry"  # without an end, or with one too far away
    PROTECTED = "protected"  # it would stop an emergency or public-service number
    PREFIX = "prefix"  # a whole block of a carrier, or more
    SHARE = "share"  # more than a set share of all numbers
    TRAFFIC = "traffic"  # more than a set share of the calls just seen
    DUPLICATE = "duplicate"  # one id for two entries
    TRUNK = "trunk"  # a contract that cannot go live
    PROFILE = "profile"  # an answer that no switch could be given
    SIZE = "size"  # more than one gateway is made for


class Refused(PolicyError):
    """A message that is not taken."""

    def __init__(self, refusal: Refusal, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.refusal = refusal
        self.number = 0  # of the message, where it could be read
