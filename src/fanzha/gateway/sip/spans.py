"""Decides where in a plainly written request each header's value stands: one pass over its bytes.

Nearly every message is written plainly: ASCII, CRLF line ends, no folded lines. Any other is left to message.py's
reading, which is the rule; for plain ones both come to the same, and a test holds them to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fanzha.compiled import njit
from fanzha.gateway.sip.headers import COMPACT

# What something here reads. All others are passed over, once their names are found to be names.
READ = (
    "via", "from", "to", "call-id", "cseq", "content-length", "contact", "p-asserted-identity", "privacy", "diversion",
    "history-info", "event", "content-type", "require", "x-fanzha-trunk", "x-fanzha-peer", "x-fanzha-ingress",
    "x-fanzha-region", "x-fanzha-roaming",
)  # fmt: skip
PASSED_OVER = (
    "max-forwards", "allow", "supported", "user-agent", "record-route", "route", "server", "accept", "expires", "date",
    "session-expires", "min-se", "allow-events", "p-charging-vector", "p-access-network-info", "content-disposition",
    "subscription-state", "timestamp", "organization", "subject",
)  # fmt: skip
LINES = 64  # of a head that is read so
UNKNOWN = len(READ) + len(PASSED_OVER)
HEAD = 3
WORDS = HEAD + 3 * LINES
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a
_TABLE = 256
CR, LF, SPACE, TAB, COLON, LESS, GREATER, QUOTE = b'\r\n \t:<>"'
VERSION = np.frombuffer(b" SIP/2.0", np.uint8)


def _hash(name: str) -> np.uint64:
    found = int(_BASIS)
    for byte in name.encode():
        found = ((found ^ byte) * int(_PRIME)) & (1 << 64) - 1
    return np.uint64(found)


def _tables() -> tuple[Any, Any, Any]:
    """Lower case of each byte of a token (0 for others), the names' hashes by their lowest bits, and their codes."""
    lower = np.zeros(256, np.uint8)
    for byte in b"abcdefghijklmnopqrstuvwxyz0123456789!%*_+`'~.-":
        lower[byte] = byte
        lower[ord(chr(byte).upper())] = byte
    hashes, codes = np.zeros(_TABLE, np.uint64), np.full(_TABLE, -1, np.int64)
    long = {name: code for code, name in enumerate((*READ, *PASSED_OVER))}
    for name, code in (*long.items(), *((short, long[name]) for short, name in COMPACT.items() if name in long)):
        at = int(_hash(name)) % _TABLE
        while codes[at] >= 0:
            at = (at + 1) % _TABLE
        hashes[at], codes[at] = _hash(name), code
    return lower, hashes, codes


LOWER, HASHES, CODES = _tables()


@njit(cache=True, nogil=True, error_model="numpy")
def spans(data: Any, size: int, out: Any) -> int:
    """Fill `out` with the ends of method and URI, the beginning of the body, then code, start and end of each value: of
    READ by its place there, UNKNOWN and the line's own start and end for a name that no table has.

    How many words these are; 0 where the request is not plain, or has no empty line before its body."""
    at = 0
    while at < size and LOWER[data[at]] != 0:
        at += 1
    out[0] = at
    if at == 0 or at >= size or data[at] != SPACE:
        return 0
    at += 1
    while at < size and data[at] > SPACE and data[at] < 127 and data[at] not in (LESS, GREATER, QUOTE):
        at += 1
    out[1] = at
    if at == out[0] + 1 or at + VERSION.size >= size:
        return 0
    for byte in VERSION:
        if data[at] != byte:
            return 0
        at += 1
    used = HEAD
    while True:
        if at + 3 >= size or data[at] != CR or data[at + 1] != LF:
            return 0
        at += 2
        if data[at] == CR:
            if data[at + 1] != LF:
                return 0
            out[2] = at + 2
            return used
        if used + 3 > out.size:
            return 0
        begins = at
        name = _BASIS
        while at < size and LOWER[data[at]] != 0:
            name = (name ^ np.uint64(LOWER[data[at]])) * _PRIME
            at += 1
        if at == begins or at >= size or data[at] != COLON:
            return 0
        at += 1
        while at < size and (data[at] == SPACE or data[at] == TAB):
            at += 1
        start = end = at
        while at < size and data[at] != CR:
            byte = data[at]
            if byte > SPACE and byte < 127:
                end = at + 1
            elif byte != SPACE and byte != TAB:
                return 0
            at += 1
        slot = np.int64(name & np.uint64(_TABLE - 1))
        while CODES[slot] >= 0 and HASHES[slot] != name:
            slot = (slot + 1) % _TABLE
        code = CODES[slot]
        if code < 0:
            out[used], out[used + 1], out[used + 2] = UNKNOWN, begins, end
            used += 3
        elif code < len(READ):
            out[used], out[used + 1], out[used + 2] = code, start, end
            used += 3
