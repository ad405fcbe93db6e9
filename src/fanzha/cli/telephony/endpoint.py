"""Decides how a demo telephone hears and says SIP over UDP on this machine: whole messages, one thread each."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from fanzha.errors import FanzhaError

Address = tuple[str, int]
PATIENCE_S = 10.0
_LINGER_S = 0.1


class Message(NamedTuple):
    """One message: its start line, header fields in order with names in lower case, and who sent it."""

    start: str
    fields: tuple[tuple[str, str], ...]
    source: Address

    @property
    def code(self) -> int:
        """Of an answer; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Of a request, "" for an answer."""
        return "" if self.code else self.start.split()[0]

    def all(self, name: str) -> list[str]:
        """Every field of that name."""
        return [value for own, value in self.fields if own == name]

    def first(self, name: str) -> str:
        """The first field of that name, "" without one."""
        return next(iter(self.all(name)), "")


def read(data: bytes, source: Address) -> Message:
    """A message as it came; the demo's peers are our own programs and write plain SIP."""
    head = data.decode("utf-8", "replace").partition("\r\n\r\n")[0]
    start, *lines = head.split("\r\n")
    parts = (line.partition(":") for line in lines)
    return Message(start, tuple((name.strip().lower(), value.strip()) for name, _, value in parts), source)


def written(start: str, fields: Iterable[tuple[str, str]], body: str = "") -> bytes:
    """A message's bytes."""
    lines = [start, *(f"{name}: {value}" for name, value in fields), f"Content-Length: {len(body.encode())}"]
    return "\r\n".join([*lines, "", body]).encode()


def answer(request: Message, line: str, extra: Iterable[tuple[str, str]] = (), *, tag: str = "") -> bytes:
    """The answer to a request, with what must be copied from it."""
    copied = [(name, value) for name in ("via", "record-route") for value in request.all(name)]
    to = request.first("to")
    copied += [("From", request.first("from")), ("To", f"{to};tag={tag}" if tag and ";tag=" not in to else to)]
    copied += [("Call-ID", request.first("call-id")), ("CSeq", request.first("cseq"))]
    return written(f"SIP/2.0 {line}", [*copied, *extra])


class Endpoint:
    """A UDP socket on this machine and the thread that listens to it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(_LINGER_S)
        self.address: Address = self._socket.getsockname()
        self._heard: list[Message] = []
        self._news = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Fall silent."""
        self._open = False
        self._thread.join()
        self._socket.close()

    def send(self, data: bytes, to: Address) -> None:
        """One datagram."""
        self._socket.sendto(data, to)

    def hear(self, message: Message) -> None:
        """What to do about a message, in the listening thread; `wait` sees it afterwards."""

    def wait(self, wanted: Callable[[Message], bool], patience: float = PATIENCE_S) -> Message:
        """The first such message. Raises FanzhaError where none comes."""
        until = time.monotonic() + patience
        with self._news:
            while True:
                found = next((message for message in self._heard if wanted(message)), None)
                if found is not None:
                    return found
                if not self._news.wait(max(0.0, until - time.monotonic())) and time.monotonic() >= until:
                    raise FanzhaError(
                        "no answer to a demo call (演示呼叫无应答)",
                        hint="another program may have taken a port: try again",
                    )

    def _listen(self) -> None:
        while self._open:
            try:
                data, source = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:  # a datagram of ours found nobody: loopback tells so here
                continue
            message = read(data, source)
            self.hear(message)
            with self._news:
                self._heard.append(message)
                self._news.notify_all()
