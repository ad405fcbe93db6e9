"""Decides which words and bounds the SIP side goes by; the values are sip.yaml, for operators to read."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read


class SipWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """sip.yaml. Field names are canonical; seconds and octets are whole numbers."""

    trunk: str
    peer: str
    ingress: str
    region: str
    roaming: str
    services: dict[str, str]
    hiding: frozenset[str]
    message_bytes: int
    remembered_answers: int
    remembered_seconds: int
    address_rate: int
    address_burst: int
    addresses: int
    connections: int
    half_message_seconds: int
    idle_seconds: int
    report_bytes: int
    source: str
    as_of: date


@cache
def sip_words() -> SipWords:
    """The shipped words and bounds. Raises VocabularyError with file and line."""
    return decode(read(Path(__file__).with_name("sip.yaml")), SipWords)
