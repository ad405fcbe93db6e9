"""Decides how the desk asks the demonstration's telephones for a call: a line of JSON over their socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from fanzha.errors import Refused
from fanzha.socketpath import short_name

_SOCKET = Path("calls") / "telephones.sock"  # the role `telephones` of `fanzha serve --demo` listens there
_PATIENCE_S = 40.0
_MOST_BYTES = 65536


def dial(caller: str, callee: str) -> dict[str, Any]:
    """What came of a real call: line, code, ms, verdict. Raises Refused where the telephones do not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE_S)
            with short_name(Path(settings.HOME) / _SOCKET) as name:
                line.connect(name)
            line.sendall(json.dumps({"caller": caller, "callee": callee}).encode())
            line.shutdown(socket.SHUT_WR)
            with line.makefile("rb") as answer:
                said = json.loads(answer.read(_MOST_BYTES))
    except (OSError, ValueError) as error:
        raise Refused(_("演示电话没有应答"), hint=_("它随 fanzha serve --demo 启动，稍候再试")) from error
    if not isinstance(said, dict) or "error" in said:
        raise Refused(_("演示电话没有拨通"), hint=_("网关可能还在启动，稍候再试"))
    return said
