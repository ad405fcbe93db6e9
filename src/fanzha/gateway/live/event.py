"""Decides what a switch tells of a call's course beside its signalling: confirmed, terminated, failed."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fanzha.errors import InputError
from fanzha.gateway.call import written_bytes

MAX_BYTES = 8192  # of one report; a switch that sends more is broken


class DialogState(StrEnum):
    """What became of a dialog: answered; ended after an answer; never answered."""

    CONFIRMED = "confirmed"
    TERMINATED = "terminated"
    FAILED = "failed"


class DialogEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One report. key: SIP Call-ID. at: when it came, UTC microseconds. cause: as written ("486", "Q.850;cause=16").

    caller, callee: as the switch wrote them. peer: the address that reported. "" where not said.
    """

    key: str
    state: DialogState
    at: int
    from_tag: str = ""
    to_tag: str = ""
    caller: str = ""
    callee: str = ""
    cause: str = ""
    peer: str = ""


def read_dialog(body: bytes, at: int, peer: str = "") -> DialogEvent:
    """A report as the reference edge writes it (application/x-fanzha-dialog): one `Name: value` a line.

    Unknown names are passed over. Raises InputError for what names no call or no state.
    """
    if len(body) > MAX_BYTES:
        raise InputError(f"a dialog report of {len(body)} bytes", hint=f"at most {MAX_BYTES} are read")
    words: dict[str, str] = {}
    for line in body.split(b"\n"):
        name, colon, value = written_bytes(line.strip()).partition(":")
        if colon:
            words.setdefault(name.strip().lower(), value.strip())
    key = words.get("call-id", "")
    try:
        state = DialogState(words.get("state", "").lower())
    except ValueError:
        raise InputError(
            f"a dialog report with state {words.get('state', '')!r}", hint="confirmed, terminated or failed"
        ) from None
    if not key:
        raise InputError("a dialog report without Call-ID", hint="the switch must name the call")
    told = {name: words.get(name.replace("_", "-"), "") for name in ("from_tag", "to_tag", "caller", "callee", "cause")}
    return DialogEvent(key=key, state=state, at=at, peer=peer, **told)
