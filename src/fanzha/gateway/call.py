"""Decides what the gateway knows of a call when it is asked: the question, however it was asked."""

from __future__ import annotations

import msgspec


def written(text: str) -> str:
    """Text in which control characters, and bytes that were no UTF-8 (PEP 383), are \\xNN: what every record, hash,
    message and terminal can hold. Else whoever dials could choose a Call-ID or a name of which nothing can be kept."""
    if text.isprintable():
        return text
    plain = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in plain)


def written_bytes(raw: bytes) -> str:
    """The same of bytes as they came."""
    return written(raw.decode("utf-8", "surrogateescape"))


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call attempt as a switch presents it. A None says "not reported", never "no".

    key: the switch's own call id (SIP Call-ID). caller: the asserted number as received (P-Asserted-Identity before
    From), None if withheld. presented: what the callee would be shown (From), where it differs. ingress: a name of
    records.contract.Ingress, where the switch says it; else the trunk's contract says it. peer: the address that
    asked. serving_region: GB/T 2260. roaming: whether a domestic mobile is known to be abroad. at: UTC microseconds.
    fault: what of the question broke its protocol and was passed over, None if nothing.
    """

    key: str
    callee: str
    at: int
    caller: str | None = None
    presented: str | None = None
    clir: bool | None = None
    trunk: str | None = None
    peer: str | None = None
    ingress: str | None = None
    forwarded_from: str | None = None
    device: str | None = None
    serving_region: int | None = None
    roaming: bool | None = None
    fault: str | None = None
