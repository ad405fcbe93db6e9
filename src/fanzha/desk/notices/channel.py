"""Decides how a message leaves for a subscriber: the contract of a channel, its twin in memory, a file, and HTTP."""

from __future__ import annotations

import json
import os
import urllib.request
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from fanzha.errors import StorageError, UsageError

_TIMEOUT_S = 10.0
_MOST_ANSWER = 4096


@dataclass(frozen=True)
class Message:
    """One message. `id` is the same whenever it is sent again; `to` is the number in full."""

    id: str
    to: str
    text: str
    language: str


class MessageChannel(ABC):
    """Where messages to subscribers go (a text message centre, a file that one reads).

    `send` may be called again with the same id after a failure or a death of ours: who stands behind the channel
    delivers an id once. It answers with a receipt, or raises; it never blocks for longer than ten seconds.
    """

    @abstractmethod
    def send(self, message: Message) -> str:
        """Hand a message over; the receipt. Raises StorageError or OSError where it was not taken."""


class MemoryChannel(MessageChannel):
    """The twin in memory: keeps what it was given by id, and may be told to fail."""

    def __init__(self) -> None:
        self.sent: dict[str, Message] = {}
        self.failing: OSError | None = None

    def send(self, message: Message) -> str:
        """See the contract."""
        if self.failing is not None:
            raise self.failing
        self.sent[message.id] = message
        return f"memory-{message.id}"


class FileChannel(MessageChannel):
    """Appends each message as a line of JSON, readable by its owner only; a repeated id is a repeated line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: Message) -> str:
        """See the contract."""
        line = json.dumps(asdict(message), ensure_ascii=False) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(handle)
        except OSError as error:
            raise StorageError(
                f"告知无法写入 a notice cannot be written: {error.strerror}", where=str(self._path)
            ) from error
        return f"file-{message.id}"


class HttpChannel(MessageChannel):
    """POSTs each message as JSON to a text message gateway, with its id as Idempotency-Key; any 2xx is taken."""

    def __init__(self, address: str, token: str = "") -> None:
        """address: http(s); token: bearer token, never logged. Raises UsageError for another kind of address."""
        if urlsplit(address).scheme not in ("http", "https"):
            raise UsageError(
                f"{address!r} is no http address", where="FANZHA_MESSAGES", hint="https://sms.example/send"
            )
        self._address, self._token = address, token

    def send(self, message: Message) -> str:
        """See the contract; the receipt is the answer's `receipt`, else its status."""
        body = json.dumps(asdict(message), ensure_ascii=False).encode()
        request = urllib.request.Request(self._address, body, {"Content-Type": "application/json"})
        request.add_header("Idempotency-Key", message.id)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                return _receipt(answer.read(_MOST_ANSWER), answer.status)
        except HTTPException as error:
            raise OSError(f"no HTTP answer: {type(error).__name__}") from error


def _receipt(body: bytes, status: int) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return f"http-{status}"
    return str(told.get("receipt") or f"http-{status}")[:120] if isinstance(told, dict) else f"http-{status}"


def channel(home: Path) -> MessageChannel:
    """The channel of this installation: FANZHA_MESSAGES names an http address, else messages.jsonl in FANZHA_HOME."""
    address = os.environ.get("FANZHA_MESSAGES", "")
    if address:
        return HttpChannel(address, os.environ.get("FANZHA_MESSAGES_TOKEN", ""))
    return FileChannel(home / "messages.jsonl")
