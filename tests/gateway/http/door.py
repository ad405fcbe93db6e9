"""A client for the HTTP side, and what it may find behind it."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanzha.gateway.call import Call
from fanzha.gateway.http.back import Back
from fanzha.gateway.http.reading import Doorkeeper
from fanzha.gateway.http.server import HttpServer
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.live.livecalls import LiveCall, LiveCalls, Outcome
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.policy.action import Action
from fanzha.policy.store import PolicyStore, Receipt

BLOCKED = "+8617000000001"


class ShamBack(Back):
    """Blocks one caller, remembers all it was asked."""

    def __init__(self) -> None:
        self.asked: list[Call] = []
        self.loaded = True
        self.broken = False
        self.pushed: list[bytes] = []

    def ask(self, call: Call) -> Verdict:
        self.asked.append(call)
        if self.broken:
            raise RuntimeError("secret inside")
        action = Action.BLOCK if call.caller == BLOCKED else Action.ALLOW
        reasons = (Reason(code="police", action=action, zh="公安", en="police"),) if action else ()
        return Verdict(
            key=call.key, at=call.at, action=action, code=603 if action else 404, phrase="x", reasons=reasons
        )

    async def seen(self, event: DialogEvent) -> None:
        raise NotImplementedError

    def ready(self) -> bool:
        return self.loaded

    def said(self, key: str) -> list[Verdict]:
        return [self.ask(Call(key=key, caller=BLOCKED, callee="+861", at=7))] if key.startswith("known") else []

    async def take(self, message: Path) -> Receipt:
        self.pushed.append(message.read_bytes())
        if self.pushed[-1].startswith(b"bad"):
            return Receipt(number=0, refusal="signature", message="not by a trusted key")
        return Receipt(number=4, taken=True, entries=1)

    def forget(self, caller: str) -> bool:
        return caller == BLOCKED

    def metrics(self) -> str:
        return "fanzha_up 1\n"


class ShamLive(LiveCalls):
    """One call in progress."""

    def __init__(self) -> None:
        self.released: list[tuple[str, str, str]] = []

    def asked(self, call: Call, verdict: Verdict) -> None:
        raise NotImplementedError

    async def seen(self, event: DialogEvent) -> None:
        raise NotImplementedError

    async def calls(self, limit: int = 1000) -> list[LiveCall]:
        call = LiveCall(id="c/1@x", state="talking", caller="+8613812345678", callee="+86110", started=5)
        return [call][:limit]

    async def release(self, id: str, who: str, why: str) -> Outcome:  # noqa: A002 - the field's name
        self.released.append((id, who, why))
        return Outcome(id=id, result={"gone": "gone", "sos": "refused"}.get(id, "released"), proof="hep")

    async def counts(self) -> dict[str, int]:
        return {"followed": 1}


@dataclass
class Client:
    """Speaks plain HTTP to the server under test."""

    port: int
    token: str
    server: HttpServer
    loop: asyncio.AbstractEventLoop
    door: Doorkeeper

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, raw: bytes | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, decoded JSON (or text) and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = self.token if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        told = {name.lower(): value for name, value in answer.getheaders()}
        kind = told.get("content-type", "")
        return answer.status, json.loads(content) if kind == "application/json" else content.decode(), told


def store(folder: Path) -> PolicyStore:
    """A store without a policy."""
    return PolicyStore(folder, set())
