"""Decides where one message ends and the next begins in a stream of bytes (RFC 3261 18.3), however slowly they come."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n\r\n"


class Framer:
    """Cuts one connection's stream. `broken`: what comes next cannot be told apart; answer what there is, and close.

    pings: double line ends received between messages (RFC 5626 keep-alives), each to be answered with one line end.
    """

    def __init__(self, most: int) -> None:
        """most: octets of the longest message."""
        self._most = most
        self._held = bytearray()
        self._searched = 0
        self._wanted = 0
        self.broken = False
        self.pings = 0

    @property
    def half(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._held.strip(b"\r\n"))

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete."""
        self._held += data
        found: list[bytes] = []
        while (frame := self._next()) is not None:
            found.append(frame)
        if self.broken:
            self._held.clear()
        return found

    def _next(self) -> bytes | None:
        if self.broken:
            return None
        if not self._wanted:
            self._skip()
            if not self._measure():
                return None
        if len(self._held) < self._wanted:
            return None
        frame = bytes(self._held[: self._wanted])
        del self._held[: self._wanted]
        self._searched = self._wanted = 0
        return frame

    def _skip(self) -> None:
        """Line ends between messages mean nothing but that the peer is alive."""
        while self._held.startswith(_END):
            del self._held[:4]
            self.pings += 1
        if self._held.startswith(b"\r\n") and len(self._held) > 2 and self._held[2] != ord("\r"):
            del self._held[:2]

    def _measure(self) -> bool:
        """Find the head's end and the message's length; False while the head is not whole."""
        end = self._held.find(_END, max(0, self._searched - 3))
        self._searched = len(self._held)
        if end < 0:
            self.broken = len(self._held) > self._most
            return False
        head = end + len(_END)
        lengths = {match[1] for match in _LENGTH.finditer(self._held, 0, head)}
        length = lengths.pop() if len(lengths) == 1 else b""
        body = int(length) if length.isdigit() and len(length) < 10 else -1
        if body < 0 or head + body > self._most:
            # The parser finds the fault in the head alone; where the next message begins nobody knows.
            self.broken, body = True, 0
        self._wanted = head + body
        return True
