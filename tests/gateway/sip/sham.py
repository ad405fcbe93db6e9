"""An engine whose verdicts a test chooses, and which remembers what it was asked."""

from __future__ import annotations

from fanzha.errors import StorageError
from fanzha.gateway.call import Call
from fanzha.gateway.engine import Engine
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.sip.admission import Admission, Known, read_networks
from fanzha.gateway.sip.responder import Responder
from fanzha.gateway.sip.words import sip_words
from fanzha.gateway.verdict import Verdict
from fanzha.policy.action import Action

SEED = b"0123456789abcdef"
BLOCKED = "+8617000000001"


class Sham(Engine):
    """Blocks one caller, lets all others go on."""

    def __init__(self) -> None:
        self.asked: list[Call] = []
        self.events: list[DialogEvent] = []
        self.loaded = True
        self.broken = False

    def ask(self, call: Call) -> Verdict:
        self.asked.append(call)
        if self.broken:
            raise RuntimeError("broken on purpose")
        if call.caller == BLOCKED:
            return Verdict(key=call.key, at=call.at, action=Action.BLOCK, code=603, phrase="Decline")
        if call.caller == "+8617000000002":
            headers = (("P-Fraud-Warning", "listed"),)
            return Verdict(
                key=call.key, at=call.at, action=Action.LABEL, code=302, phrase="Moved Temporarily", headers=headers
            )
        return Verdict(key=call.key, at=call.at, action=Action.ALLOW, code=404, phrase="Not Found")

    async def seen(self, event: DialogEvent) -> None:
        if self.broken:
            raise StorageError("no room")
        self.events.append(event)

    def ready(self) -> bool:
        return self.loaded


def responder(engine: Engine) -> Responder:
    """A responder with the shipped bounds."""
    return Responder(engine, sip_words(), SEED, admission(), edges())


def edges() -> Known:
    """Loopback only."""
    return Known(read_networks(["127.0.0.0/8"]), 100)


def admission() -> Admission:
    """Loopback and one network, at the shipped rates."""
    return Admission(read_networks(["127.0.0.0/8", "::1", "192.0.2.0/24"]), sip_words())
