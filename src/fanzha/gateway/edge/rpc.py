"""Decides how Kamailio is asked and told things while it runs: JSON-RPC in datagrams, many under way, none for ever."""

from __future__ import annotations

import os
import select
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from fanzha.errors import StorageError, UsageError

WINDOW = 8  # questions under way at once: a datagram socket of the stock kernel holds ten answers
PATIENCE = 1.0  # seconds until a question is asked again; every method used here may be repeated
ATTEMPTS = 3
_LARGEST = 65536
_LONGEST_PATH = 107  # bytes, of a socket (unix(7))

Question = tuple[str, Sequence[str | int]]


class RpcError(StorageError):
    """Kamailio said no, or said nothing."""


class Rpc:
    """One client. address: "unix:/run/edge/rpc.sock" or "udp:127.0.0.1:8090"; it need not be answering yet."""

    def __init__(self, address: str, *, patience: float = PATIENCE) -> None:
        """Raises UsageError for an address of another form."""
        self.address = address
        self._patience = patience
        self._own: Path | None = None
        self._next = int.from_bytes(os.urandom(3), "big")  # answers to an earlier client's questions are not ours
        self._peer: Any = peer_of(address)
        if isinstance(self._peer, str):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._own = Path(tempfile.mkdtemp(prefix="fanzha-rpc-")) / "answers"
            self._socket.bind(str(self._own))
        else:
            family = socket.AF_INET6 if ":" in self._peer[0] else socket.AF_INET
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
        if self._own is not None:
            self._own.unlink(missing_ok=True)
            self._own.parent.rmdir()
            self._own = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, method: str, *parameters: str | int) -> Any:
        """The result of one method. Raises RpcError where it was refused, or never answered."""
        answer = self.ask_all([(method, parameters)])[0]
        if isinstance(answer, RpcError):
            raise answer
        return answer

    def ask_all(self, questions: Sequence[Question]) -> list[Any]:
        """The results in order, an RpcError in place of what was refused. Raises RpcError where one is not answered.

        The methods must bear repetition: an answer may be lost after the deed.
        """
        answers: list[Any] = [None] * len(questions)
        pending: dict[int, tuple[int, float, int]] = {}  # id -> place, when asked, how often
        first, asked = self._next, 0
        self._next += len(questions)
        while asked < len(questions) or pending:
            while asked < len(questions) and len(pending) < WINDOW:
                if not self._send(first + asked, questions[asked]):
                    break
                pending[first + asked] = (asked, time.monotonic(), 1)
                asked += 1
            for number, answer in self._answers():
                if number in pending:
                    answers[pending.pop(number)[0]] = answer
            self._again(pending, questions)
        return answers

    def _again(self, pending: dict[int, tuple[int, float, int]], questions: Sequence[Question]) -> None:
        now = time.monotonic()
        for number, (place, since, times) in list(pending.items()):
            if now - since < self._patience:
                continue
            if times >= ATTEMPTS:
                raise RpcError("Kamailio does not answer", where=self.address, hint="is the edge running?")
            self._send(number, questions[place])
            pending[number] = (place, now, times + 1)

    def _send(self, number: int, question: Question) -> bool:
        method, parameters = question
        body = {"jsonrpc": "2.0", "method": method, "params": list(parameters), "id": number}
        try:
            self._socket.sendto(msgspec.json.encode(body), self._peer)
        except BlockingIOError:
            select.select([self._socket], [self._socket], [], 0.05)
            return False
        except OSError as error:
            raise RpcError(
                f"Kamailio cannot be reached: {error.strerror}", where=self.address, hint="is the edge running?"
            ) from None
        return True

    def _answers(self) -> list[tuple[int, Any]]:
        found: list[tuple[int, Any]] = []
        select.select([self._socket], [], [], 0.05)
        while True:
            try:
                body = msgspec.json.decode(self._socket.recv(_LARGEST))
            except (BlockingIOError, ConnectionRefusedError):
                return found
            except msgspec.DecodeError:
                continue
            if isinstance(body, dict) and isinstance(body.get("id"), int):
                found.append((body["id"], _result(body, self.address)))


def peer_of(address: str, *, where: str = "") -> str | tuple[str, int]:
    """Where that is: the path of a socket, or host and port. Raises UsageError for an address of another form."""
    kind, _, rest = address.partition(":")
    if kind == "unix" and 0 < len(os.fsencode(rest)) <= _LONGEST_PATH:
        return rest
    host, _, port = rest.rpartition(":")
    if kind == "udp" and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return host.strip("[]"), int(port)
    hint = "write unix:/path or udp:127.0.0.1:8090"
    raise UsageError(f"{address!r} is no JSON-RPC address (不是 JSON-RPC 地址)", where=where, hint=hint)


def _result(body: dict[str, Any], where: str) -> Any:
    if "error" not in body:
        return body.get("result")
    fault = body["error"]
    said = fault.get("message", fault) if isinstance(fault, dict) else fault
    return RpcError(f"Kamailio refused: {said}", where=where)
