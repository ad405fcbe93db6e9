"""Makes event streams for the profile tests: hypothesis strategies around window edges, and a plain builder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from fanzha.profiles.event import EVENT, IS_FAR, OUTGOING, WAS_ANSWERED, WAS_FORWARDED

NOON = 1_772_424_000  # 2026-03-02 04:00 UTC, noon in Shanghai, on a bucket edge of every window but the days'
MIDNIGHT = NOON + 12 * 3600  # the local day's end

Row = tuple[int, int, int, int, int, int, int, int]  # key, peer, t, talk, ring, flags, place, gear


def build(rows: Sequence[Row]) -> np.ndarray:
    """EVENT[n] in the order given, seq rising."""
    events = np.zeros(len(rows), EVENT)
    for i, (key, peer, t, talk, ring, flags, place, gear) in enumerate(rows):
        events[i]["key"], events[i]["peer"], events[i]["t"] = key, peer, t
        events[i]["talk"], events[i]["ring"], events[i]["flags"] = talk, ring, flags
        events[i]["place"], events[i]["gear"], events[i]["seq"] = place, gear, i + 1
    return events


_jumps = st.sampled_from(
    [0, 1, 10, 59, 60, 61, 299, 300, 301, 3300, 3599, 3600, 3601, 7200, 86399, 86400, 86401]
    + [6 * 86400, 7 * 86400, 8 * 86400, 29 * 86400, 31 * 86400, -1, -60, -61, -3600, -90000, -700000]
)


@st.composite
def streams(draw: st.DrawFn, keys: int = 2, longest: int = 60) -> np.ndarray:
    """Events of a few keys whose clock jumps by window edges, forwards and back."""
    t = draw(st.sampled_from([NOON, MIDNIGHT - 30, NOON + 299]))
    rows: list[Row] = []
    for _ in range(draw(st.integers(1, longest))):
        t = max(NOON - 40 * 86400, t + draw(_jumps))
        answered = draw(st.booleans())
        flags = OUTGOING if draw(st.integers(0, 3)) else 0
        flags |= WAS_ANSWERED if answered else 0
        flags |= draw(st.sampled_from([0, 0, IS_FAR, WAS_FORWARDED]))
        talk = draw(st.sampled_from([0, 9, 10, 11, 600])) if answered else 0
        ring = draw(st.sampled_from([0, 5, 6, 30, 65535]))
        peer = draw(st.sampled_from([0, 1000, 1001, 1100, 1101, 5000, 9000, 20000]))
        place, gear = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        rows.append((draw(st.integers(1, keys)), peer, t, talk, ring, flags, place, gear))
    return build(rows)
