"""Decides what is remembered of one call while it goes on, and for a while after."""

from __future__ import annotations

import msgspec

from fanzha.gateway.live.livecalls import LiveCall

Leg = tuple[bytes, int]  # address (4 or 16 bytes) and port
NOWHERE: Leg = (b"", 0)


class Bye(msgspec.Struct, gc=False):
    """One leg's BYE: when and whence it was first seen, when it was first answered (0: not yet); UTC microseconds."""

    at: int
    source: Leg
    done: int = 0


class Progress(msgspec.Struct, kw_only=True, gc=False):
    """One call. Times are UTC microseconds, 0: not come to that. `id` is its record's id, `key` the
    live table's, `call_id` the wire's: three names only where one Call-ID is used by several calls.

    caller_leg, edge_leg: from and to where its first INVITE went. callee_leg: whence it was answered. cseq, branch: of
    the caller's newest INVITE. contacts: where a BYE of our own must be addressed. cseqs: highest of each side.
    verdict, flags: of the gateway, if it was asked. byes: by From tag, the side that seems to send it. checked: version
    of the policy and rules for which it was looked at last.
    """

    id: str
    key: bytes
    call_id: bytes
    started: int
    heard: int
    from_tag: bytes = b""
    to_tag: bytes = b""
    cseq: int = 0
    branch: bytes = b""
    caller: str | None = None
    callee: str = ""
    clir: bool | None = None
    forwarded_from: str | None = None
    device: str | None = None
    peer: str = ""
    trunk: str = ""
    ingress: str = ""
    region: int = 0
    caller_leg: Leg = NOWHERE
    edge_leg: Leg = NOWHERE
    callee_leg: Leg = NOWHERE
    caller_address: bytes = b""
    callee_address: bytes = b""
    caller_contact: bytes = b""
    callee_contact: bytes = b""
    cseqs: tuple[int, int] = (0, 0)
    ringing: int = 0
    far_answer: int = 0
    far_status: int = 0
    answered: int = 0
    cancelled: int = 0
    retry: int = 0
    ended: int = 0
    cause: int = 0
    by: str = ""
    verdict: str = ""
    code: int = 0
    flags: tuple[str, ...] = ()
    policy_version: int = 0
    sources: tuple[str, ...] = ()
    byes: dict[bytes, Bye] = {}
    reported: int = 0
    release: str = ""
    checked: tuple[int, int] = (-1, 0)

    def learn(self, source: str) -> None:
        """Note whence we know of it."""
        if source not in self.sources:
            self.sources = (*self.sources, source)

    def shown(self) -> LiveCall:
        """As others see it."""
        return LiveCall(
            id=self.id,
            state="talking" if self.answered else "ringing",
            caller=self.caller,
            callee=self.callee,
            started=self.started,
            ringing=self.ringing or None,
            answered=self.answered or None,
            peer=self.peer,
            trunk=self.trunk,
            ingress=self.ingress,
            clir=self.clir,
            forwarded_from=self.forwarded_from,
            verdict=self.verdict,
            flags=self.flags,
            policy_version=self.policy_version,
            release=self.release,
            sources=self.sources,
        )
