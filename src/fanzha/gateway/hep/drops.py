"""Decides how many packets the kernel threw away before we could read them: a mirror's losses must show."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

_SNMP = Path("/proc/net/snmp")
_SO_MEMINFO = 55  # Linux; the ninth figure is what this socket dropped
_MEMINFO = struct.Struct("9I")


def host_drops() -> int:
    """Datagrams that found no room in any receive buffer of this host since it started (RcvbufErrors); 0 unknown."""
    try:
        rows = [line.split() for line in _SNMP.read_text(encoding="ascii").splitlines() if line.startswith("Udp:")]
        names, figures = rows[0], rows[1]
        return int(figures[names.index("RcvbufErrors")])
    except (OSError, ValueError, IndexError):
        return 0


def socket_drops(receiver: socket.socket) -> int:
    """Datagrams that this socket had no room for; 0 where the kernel does not say."""
    try:
        return int(_MEMINFO.unpack(receiver.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[8])
    except (OSError, struct.error):
        return 0
