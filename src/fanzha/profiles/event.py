"""Decides what of a call a profile sees: one compact event, fed once to each side's number, device and cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EVENT = np.dtype(
    [
        ("key", np.int64),  # whose profile
        ("peer", np.int64),  # the other number; for devices and cells the number using them; 0 withheld
        ("place", np.int64),  # cell, 0 unknown
        ("gear", np.int64),  # device (for devices: the SIM), 0 unknown
        ("seq", np.int64),  # order of arrival
        ("t", np.uint32),  # start, epoch seconds
        ("talk", np.uint32),  # seconds
        ("ring", np.uint16),  # seconds, NO_RING unknown
        ("flags", np.uint16),
        ("kind", np.int8),  # numbering.Kind of the key, -1 not a number
        ("pad", np.int8),
        ("pad2", np.int16),
    ],
    align=True,
)

NO_RING = 65535

OUTGOING = 1
WAS_ANSWERED = 2
IS_FAR = 4
INTERNATIONAL = 8
CLIR = 16
WAS_FORWARDED = 32
AWAY = 64
AWAY_KNOWN = 128
FAR_KNOWN = 256
LOCAL_HERE = 512
CLIR_KNOWN = 1024

Events = NDArray[np.void]
