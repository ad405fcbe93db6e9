"""Decides where the lines of a text begin and end, in bounded memory, for the CSV reader; overlong ones go unread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fanzha.records.bytestream import Damage
from fanzha.records.reason import Fault, Reason

QUOTED_LINES = 50  # a quoted field may run over so many lines


@dataclass
class Block:
    """Whole lines of a file: their bytes, the number of the first (from 1), and the faults met before them."""

    data: bytes
    first: int
    faults: list[Fault] = field(default_factory=list)


def blocks(pieces: Iterable[bytes], *, size: int, longest: int) -> Iterator[Block]:
    """Cut a byte stream into blocks of about `size` bytes, each ending with a line.

    A line over `longest` bytes becomes a fault with its beginning as raw text and is never held as a whole. Where the
    stream is damaged, the unfinished last line becomes a fault and the lines before it are delivered.
    """
    cutter = _Cutter(size, longest)
    damage: Damage | None = None
    try:
        for piece in pieces:
            yield from cutter.take(piece)
    except Damage as error:
        damage = error
    yield from cutter.rest(damage)


class _Cutter:
    def __init__(self, size: int, longest: int) -> None:
        self.size, self.longest = size, longest
        self.parts: list[bytes] = []
        self.held = 0
        self.line = 1
        self.faults: list[Fault] = []
        self.skipping = b""  # the beginning of an overlong line that is being passed over
        self.begun = False

    def take(self, piece: bytes) -> Iterator[Block]:
        if not self.begun:
            piece, self.begun = piece.removeprefix(b"\xef\xbb\xbf"), True
        if self.skipping:
            end = piece.find(b"\n")
            if end < 0:
                return
            self._refuse(self.skipping)
            self.skipping, piece = b"", piece[end + 1 :]
        self.parts.append(piece)
        self.held += len(piece)
        if self.held < self.size:
            return
        data = b"".join(self.parts)
        end = _row_end(data)
        rest = data[end:]
        yield from self._deliver(data[:end])
        if len(rest) > self.longest:
            self.skipping, rest = rest[:200], b""
        self.parts, self.held = [rest], len(rest)

    def rest(self, damage: Damage | None) -> Iterator[Block]:
        data = b"".join(self.parts)
        end = len(data) if damage is None else data.rfind(b"\n") + 1
        yield from self._deliver(data[:end])
        if damage is not None:
            raw = (self.skipping or data[end:])[:200].decode("utf-8", "replace")
            self.faults.append(Fault(self.line, Reason.TRUNCATED, str(damage), raw))
        elif self.skipping:
            self._refuse(self.skipping)
        if self.faults:
            yield Block(b"", self.line, self.faults)

    def _refuse(self, beginning: bytes) -> None:
        raw = beginning[:200].decode("utf-8", "replace")
        self.faults.append(Fault(self.line, Reason.LONG_LINE, f"more than {self.longest} bytes", raw))
        self.line += 1

    def _deliver(self, data: bytes) -> Iterator[Block]:
        # Most blocks hold no overlong line; only a gap that could hide one is searched for.
        start = at = 0
        while len(data) - at > self.longest:
            end = data.rfind(b"\n", at, at + self.longest)
            if end >= 0:
                at = end + 1
                continue
            yield from self._block(data[start:at])
            end = data.find(b"\n", at)
            self._refuse(data[at : at + 200])
            start = at = len(data) if end < 0 else end + 1
        yield from self._block(data[start:])

    def _block(self, data: bytes) -> Iterator[Block]:
        if data:
            yield Block(data, self.line, self.faults)
            self.line += data.count(b"\n")
            self.faults = []


def _row_end(data: bytes) -> int:
    # The place after the last line break that is not inside quotes, as far as counting quotes can tell.
    last = end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end)
    for _ in range(QUOTED_LINES):
        if quotes % 2 == 0:
            return end
        before = data.rfind(b"\n", 0, end - 1) + 1
        if before == 0:
            break
        quotes -= data.count(b'"', before, end)
        end = before
    return last
