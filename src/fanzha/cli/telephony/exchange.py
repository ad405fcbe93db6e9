"""Decides how the demonstration's desk has a real call placed: it asks over a socket, and hears what came of it.

A line of JSON {"caller": ..., "callee": ...} is answered by one {"line": "603 Decline", "ms": 3.1, "verdict": {...}},
or {"error": ...}. Only this machine's own user may ask (mode 0600).
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fanzha.cli.telephony.endpoint import Address
from fanzha.cli.telephony.switchboard import Switchboard
from fanzha.cli.telephony.telephones import Callee, Caller
from fanzha.errors import FanzhaError, StorageError
from fanzha.socketpath import short_name

SOCKET = Path("calls") / "telephones.sock"  # in FANZHA_HOME
_MOST_BYTES = 1000
_PATIENCE_S = 5.0
_KEPT_S = 5.0  # within which the gateway's log holds a verdict


def serve(home: Path, engine: Address, stopped: Callable[[], bool]) -> None:
    """Place one call after the other as asked, until stopped. Raises StorageError where nobody can be heard."""
    path = home / SOCKET
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        try:
            with short_name(path) as name:
                door.bind(name)
        except OSError as error:
            raise StorageError(f"nobody can be heard here: {error.strerror}", where=str(path)) from error
        path.chmod(0o600)
        door.listen()
        door.settimeout(0.5)
        while not stopped():
            try:
                asking, _who = door.accept()
            except TimeoutError:
                continue
            with asking:
                _answer(asking, home, engine)
    path.unlink(missing_ok=True)


def _answer(asking: socket.socket, home: Path, engine: Address) -> None:
    asking.settimeout(_PATIENCE_S)
    try:
        asked = json.loads(asking.recv(_MOST_BYTES))
        said = placed(home, engine, str(asked["caller"]), str(asked["callee"]))
    except FanzhaError as error:
        said = {"error": error.message}
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = {"error": f"{type(error).__name__}"}
    try:
        asking.sendall(json.dumps(said, ensure_ascii=False).encode() + b"\n")
    except OSError:
        return  # whoever asked has left


def placed(home: Path, engine: Address, caller: str, callee: str) -> dict[str, Any]:
    """One real call through a small switch of its own, hung up where it was answered. Raises FanzhaError."""
    with ExitStack() as stack:
        far, near = Callee(), Caller()
        board = Switchboard(engine, far.address)
        for each in (far, near, board):
            stack.callback(each.close)
        attempt = near.dial(caller, callee, board.address)
        answer, took = attempt.final()
        if answer.code == 200:
            attempt.hang_up(answer)
    line = answer.start.removeprefix("SIP/2.0 ")
    return {"line": line, "code": answer.code, "ms": round(took, 1), "verdict": _verdict(home, attempt.id)}


def _verdict(home: Path, key: str) -> dict[str, Any] | None:
    """What the gateway's log says of the call; None where it does not say so in time."""
    from fanzha.gateway.verdictlog import find

    until = time.monotonic() + _KEPT_S
    while time.monotonic() < until:
        found = list(find(home / "gateway" / "verdicts", key))
        if found:
            verdict = found[0].verdict
            why = [{"code": each.code, "zh": each.zh, "en": each.en, "by": each.by} for each in verdict.reasons]
            return {"policy": verdict.policy_version, "micros": verdict.micros, "reasons": why}
        time.sleep(0.05)
    return None
