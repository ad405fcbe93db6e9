"""Decides which process of several gets a datagram: by its first bytes, so that a retransmission finds the same one.

The kernel spreads datagrams over SO_REUSEPORT sockets by addresses and ports; an edge asks from one of each, and one
process would do all the work. A small classic BPF program spreads them by what is in them instead.
"""

from __future__ import annotations

import ctypes
import socket
import struct

_SO_ATTACH_REUSEPORT_CBPF = 51  # linux/asm-generic/socket.h
_LOAD_WORD, _LOAD_LENGTH, _TO_X, _ADD_X, _TIMES, _SHIFT_RIGHT, _MODULO, _RETURN = (
    0x20, 0x80, 0x07, 0x0C, 0x24, 0x74, 0x94, 0x16,
)  # fmt: skip
# Where the called number of an INVITE stands, and where branches and Call-IDs tend to. A shorter datagram goes to the
# first socket.
_OFFSETS = (12, 16, 20, 24, 64, 72, 80, 88)
_KNUTH = 2654435761  # 2**32 over the golden ratio


def steer(sock: socket.socket, processes: int) -> bool:
    """Spread the datagrams of this socket's group over so many; False where the system cannot (they go by address)."""
    program = b"".join(struct.pack("=HBBI", code, 0, 0, operand) for code, operand in _program(processes))
    kept = ctypes.create_string_buffer(program)
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, described)
    except OSError:
        return False
    return True


def _program(processes: int) -> list[tuple[int, int]]:
    steps = [(_LOAD_LENGTH, 0)]
    for offset in _OFFSETS:
        steps += [(_TO_X, 0), (_LOAD_WORD, offset), (_ADD_X, 0), (_TIMES, _KNUTH)]
    return [*steps, (_SHIFT_RIGHT, 16), (_MODULO, processes), (_RETURN, 0)]
