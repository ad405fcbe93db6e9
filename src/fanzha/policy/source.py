"""Decides where a gateway hears of new policy: the contract of a source, its twin in memory, and a shared folder."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path

from fanzha.policy.shelf import Message, Shelf

_LOOK_S = 0.05  # how often a folder is looked at while waiting


class PolicySource(ABC):
    """Where policy messages come from.

    A source promises nothing but to be asked: it may repeat, skip, lose or forge messages, since the store checks each
    of them. It may be asked again at once after any failure.
    """

    @abstractmethod
    def after(self, number: int, wait: float) -> list[bytes | Path]:
        """The messages that bring a gateway at `number` up to date, in order; a snapshot first if there is a newer one.

        Waits up to `wait` seconds for the first of them; an empty list says that there is nothing new, and that the
        desk is alive. A Path is a file that the source keeps until it is asked again. Raises StorageError or OSError
        where nobody answers.
        """


def needed(messages: list[Message], number: int) -> list[Message]:
    """Which of a shelf's messages (by rising number) a gateway at `number` needs."""
    newest = max((message.number for message in messages if message.is_snapshot), default=0)
    begin = newest if newest > number else number + 1
    return [message for message in messages if message.number >= begin]


class MemorySource(PolicySource):
    """The twin in memory: hands out what a test puts in, and may be told to fail."""

    def __init__(self) -> None:
        self._messages: list[tuple[int, bool, bytes]] = []
        self._new = threading.Condition()
        self.failing: OSError | None = None

    def put(self, number: int, message: bytes, *, snapshot: bool) -> None:
        """One more message, which wakes who waits."""
        with self._new:
            self._messages.append((number, snapshot, message))
            self._new.notify_all()

    def after(self, number: int, wait: float) -> list[bytes | Path]:
        """See PolicySource."""
        with self._new:
            self._new.wait_for(lambda: self.failing is not None or bool(self._needed(number)), wait)
            if self.failing is not None:
                raise self.failing
            return self._needed(number)

    def _needed(self, number: int) -> list[bytes | Path]:
        newest = max((at for at, snapshot, _ in self._messages if snapshot), default=0)
        begin = newest if newest > number else number + 1
        return [message for at, _, message in self._messages if at >= begin]


class FolderSource(PolicySource):
    """A publisher's folder on this machine, or shared with it."""

    def __init__(self, folder: Path) -> None:
        self._shelf = Shelf(folder)

    def after(self, number: int, wait: float) -> list[bytes | Path]:
        """See PolicySource."""
        until = time.monotonic() + wait
        while True:
            found = needed(self._shelf.messages(), number)
            if found or time.monotonic() >= until:
                return [message.path for message in found]
            time.sleep(_LOOK_S)
