"""Decides where call-backs come from: the live-call process's file of tickets, read from a byte on; a list in tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from fanzha.errors import StorageError

_LINE = 65_536  # bytes; a longer line is no ticket


class Ticket(msgspec.Struct, frozen=True):
    """A ticket as docs/live-calls.md has it; fields of later versions are passed over. Times: UTC microseconds."""

    id: str
    release: str
    victim: str
    made: int
    deadline: int
    level: str
    zh: str
    en: str


@dataclass(frozen=True)
class Read:
    """What was read: tickets in order, how many lines were none, and where to go on."""

    tickets: list[Ticket]
    aside: int
    position: int


class TicketSource(ABC):
    """Tickets in an order that never changes.

    Reading from the same position again gives the same tickets; a source that began anew (is shorter than the
    position, or another) is read from its start: whoever takes tickets in knows each by its
    id. Never blocks for new ones.
    """

    @abstractmethod
    def after(self, position: int, most: int) -> Read:
        """At most `most` lines after a position. Raises StorageError."""


class MemorySource(TicketSource):
    """Tickets of a test; positions count from 0."""

    def __init__(self, tickets: Sequence[Ticket] = ()) -> None:
        self.tickets = list(tickets)

    def after(self, position: int, most: int) -> Read:
        """See the contract."""
        start = position if position <= len(self.tickets) else 0
        some = self.tickets[start : start + most]
        return Read(some, 0, start + len(some))


class FileSource(TicketSource):
    """FANZHA_HOME/calls/tickets.jsonl; a last line that is not ended yet is left for the next time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def after(self, position: int, most: int) -> Read:
        """See the contract; nothing where nobody was cut off yet."""
        if not self.path.exists():
            return Read([], 0, 0)
        try:
            return self._after(position, most)
        except OSError as error:
            raise StorageError(f"the tickets cannot be read: {error.strerror}", where=str(self.path)) from error

    def _after(self, position: int, most: int) -> Read:
        tickets: list[Ticket] = []
        aside = 0
        with self.path.open("rb") as file:
            if not _at_a_line(file, position):
                position = 0
            file.seek(position)
            for line in file:
                if not line.endswith(b"\n") or len(tickets) + aside >= most:
                    break
                position += len(line)
                ticket = _ticket(line)
                if ticket is None:
                    aside += 1
                else:
                    tickets.append(ticket)
        return Read(tickets, aside, position)


def _at_a_line(file: BinaryIO, position: int) -> bool:
    """Whether a line of this file begins there; not so where the file was replaced by another."""
    if position == 0 or file.seek(0, 2) < position:
        return position == 0
    file.seek(position - 1)
    return file.read(1) == b"\n"


def _ticket(line: bytes) -> Ticket | None:
    """None for what is none: it is counted, and told."""
    try:
        return msgspec.json.decode(line, type=Ticket) if len(line) <= _LINE else None
    except msgspec.MsgspecError:
        return None
