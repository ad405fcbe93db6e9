"""Decides which suspect cards sit in one rack: devices of one type in one cell, whose serial numbers are neighbours.

Where every card of a SIM box keeps an IMEI of its own (B4), no device carries many cards; but a box's modems come off
one pallet. The first stage's `own_slot` facts become events of a RACK profile, one for each cell and type (TAC): its
peers are serials, so `contacts` are distinct devices and a step is a serial next to the one before.
"""

from __future__ import annotations

import numpy as np

from fanzha.detection.judge import Findings
from fanzha.detection.screen import Detail
from fanzha.profiles.event import Events
from fanzha.profiles.fields import EntityKind

_CHECK_DIGIT = 10
_SERIALS = 1_000_000  # of one type: 15 digits are 8 of type, 6 of serial and the check digit (3GPP TS 23.003)
_LEAST_IMEI = 10**13  # a type may begin with a zero, never with two
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def racks(facts: Events) -> Events:
    """RACK events of the first stage's facts, in their order; a device without a proper IMEI tells nothing."""
    own: Events = facts[(facts["pad"] == EntityKind.RACK) & (facts["gear"] >= _LEAST_IMEI)].copy()
    card, body = own["peer"].copy(), own["gear"] // _CHECK_DIGIT
    mixed = own["place"].astype(np.uint64) * _SPREAD + (body // _SERIALS).astype(np.uint64)
    own["key"] = (mixed * _SPREAD >> np.uint64(1)).astype(np.int64) | 1
    own["peer"], own["gear"] = body, card
    return own


def in_cell(found: Findings) -> Findings:
    """The same findings told of the cell where the rack stands: outsiders know no racks."""
    found.firings["key"] = found.firings["place"]
    return found


def details_of(found: Findings) -> dict[int, Detail]:
    """What the alert says of the devices, by snapshot: their type."""
    return {
        int(row["snapshot"]): {"tac": f"{int(row['peer']) // _SERIALS:08d}"}
        for row in found.firings
        if row["snapshot"] >= 0
    }
