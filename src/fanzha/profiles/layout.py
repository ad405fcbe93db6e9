"""Decides how one profile lies in memory: rings, sums, notes and small sets, as plain arrays that a kernel can walk.

`FINGERPRINT` names this layout; a checkpoint of another layout is discarded and rebuilt from the lake.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.profiles.fields import COUNTERS, FIELDS, LONG_COUNTERS, LONG_WINDOW, WINDOWS

# Definitions of the counters (not thresholds of rules): see fields.COUNTERS for the words.
SHORT_TALK_S = 10  # "most <= 10 s", domain 2.8 [PRACTICE]
HANGUP_RING_S = 5  # "mean ring 3-5 s", domain 2.8 [PRACTICE]
STEP_SPAN = 100  # two callees this near to each other count as one step of a sweep [ENG]
CALLBACK_S = 86400
UTC_OFFSET_S = 8 * 3600  # local days are Asia/Shanghai, which has had no other offset since 1991
DAY = 86400

EVENT_COUNTERS = 13  # the first COUNTERS; uint16 buckets that stop at 65,535
TALK_COUNTERS = 2
N_COUNTERS = len(COUNTERS)
RING_BUCKETS = np.array([w[2] for w in WINDOWS], np.int64)
RING_SECONDS = np.array([w[1] for w in WINDOWS], np.int64)
RING_OFFSET = np.array([0, 0, 0, UTC_OFFSET_S], np.int64)
RING_START = np.concatenate(([0], np.cumsum(RING_BUCKETS)[:-1])).astype(np.int64)
BUCKETS = int(RING_BUCKETS.sum())
LONG_DAYS = LONG_WINDOW[2]
LONG_START = BUCKETS * EVENT_COUNTERS
RING_WIDTH = LONG_START + LONG_DAYS * len(LONG_COUNTERS)
TALK_WIDTH = BUCKETS * TALK_COUNTERS
LONG_SUM = len(WINDOWS) * N_COUNTERS
SUM_WIDTH = LONG_SUM + len(LONG_COUNTERS)

# Counter indices.
(OUT, ANSWERED, SHORT, HANGUP, NEW, CONTACTS, STEPS, SWITCHES, FAR, IN, IN_ANSWERED, CALLBACKS, FORWARDED) = range(13)

# Notes: int64 per profile.
(
    N_FIRST,  # time of the first event of this epoch
    N_CLOCK,  # newest time seen; never runs back
    N_OUT,
    N_IN,
    N_LATE,
    N_PEER,  # the last number called
    N_GEAR,  # the last device (SIM)
    N_SILENCE,  # seconds of silence before the present activity
    N_SILENCE_END,
    N_DAYS,  # bit k: active k days ago
    N_ACTIVATED,  # 0 unknown
    N_NEXT,  # when the next holder's epoch begins; 0 none known
    N_LOCATED,  # events that named a place
    N_CHANGED,  # when the present device came in place of another; 0 never
    N_CHANGED_CALLS,
    N_CHANGED_CONTACTS,
    N_CHANGED_PLACES,
    N_CHANGED_DAYS,
    N_BLOCK,  # contacts: first entry in the arena, -1 none
    N_CLASS,  # contacts: size class
    N_COUNT,  # contacts: entries in use
    N_PARTIAL,  # began again at this time after an eviction; 0 never
    N_FIRED_AT,  # when a rule last counted towards an open alert
    N_LEVEL,  # highest score of its open alerts, tenths
    N_TOUCHED_HOUR,
    N_TOUCHED,  # schemes written in that hour, as bits
    N_HOUR,  # cells: hour for which the baseline below holds
    N_MEDIAN,  # tenths
    N_MAD,  # tenths
    N_SAMPLES,
) = range(30)
NOTES = 30

GEARS = 6
PLACES = 8
RECENT = 16  # calls a profile remembers by their seq, as evidence
SCHEMES = 16  # of which one profile keeps the score of an open alert
BASELINE_DAYS = 28
BASELINE_HOURS = BASELINE_DAYS * 24

# Contact blocks: 8 << class entries, filled to three quarters; a full largest block forgets its older half.
CLASSES = 7
LARGEST = 8 << (CLASSES - 1)


class Store(NamedTuple):
    """Profiles of one kind, a row each, and the arena of their contacts. Sizes are bounds, touched only when used."""

    ring: NDArray[np.uint16]  # [n, RING_WIDTH]
    talk: NDArray[np.int32]  # [n, TALK_WIDTH]
    sums: NDArray[np.int32]  # [n, SUM_WIDTH]
    notes: NDArray[np.int64]  # [n, NOTES]
    gear_id: NDArray[np.int64]  # [n, GEARS]
    gear_last: NDArray[np.uint32]
    place_id: NDArray[np.int64]  # [n, PLACES]
    place_last: NDArray[np.uint32]
    place_first: NDArray[np.uint32]
    place_count: NDArray[np.uint32]
    level: NDArray[np.int16]  # [n, SCHEMES]: score of the open alert, in tenths; 0 none
    recent: NDArray[np.int64]  # [n, RECENT]: seqs of the last events, a ring; 0 none
    hours: NDArray[np.uint16]  # [n, BASELINE_HOURS] for cells, else [n, 0]
    peer_id: NDArray[np.int64]  # [arena]
    peer_first: NDArray[np.uint32]
    peer_out: NDArray[np.uint32]  # last outgoing call, 0 none
    peer_in: NDArray[np.uint32]  # last incoming call, 0 none
    free: NDArray[np.int64]  # [CLASSES + 2]: free lists by class, then the arena's first unused entry, then refusals
    start: NDArray[np.int64]  # [1]: when the records begin


def make_store(rows: int, arena: int, *, baseline: bool = False) -> Store:
    """A store for `rows` profiles and `arena` contact entries; memory is taken page by page as it is used."""
    free = np.full(CLASSES + 2, -1, np.int64)
    free[CLASSES:] = 0
    return Store(
        ring=np.zeros((rows, RING_WIDTH), np.uint16),
        talk=np.zeros((rows, TALK_WIDTH), np.int32),
        sums=np.zeros((rows, SUM_WIDTH), np.int32),
        notes=np.zeros((rows, NOTES), np.int64),
        gear_id=np.zeros((rows, GEARS), np.int64),
        gear_last=np.zeros((rows, GEARS), np.uint32),
        place_id=np.zeros((rows, PLACES), np.int64),
        place_last=np.zeros((rows, PLACES), np.uint32),
        place_first=np.zeros((rows, PLACES), np.uint32),
        place_count=np.zeros((rows, PLACES), np.uint32),
        level=np.zeros((rows, SCHEMES), np.int16),
        recent=np.zeros((rows, RECENT), np.int64),
        hours=np.zeros((rows, BASELINE_HOURS if baseline else 0), np.uint16),
        peer_id=np.zeros(arena, np.int64),
        peer_first=np.zeros(arena, np.uint32),
        peer_out=np.zeros(arena, np.uint32),
        peer_in=np.zeros(arena, np.uint32),
        free=free,
        start=np.zeros(1, np.int64),
    )


def _fingerprint() -> str:
    words = repr(([f.name for f in FIELDS], WINDOWS, COUNTERS, NOTES, GEARS, PLACES, CLASSES, BASELINE_HOURS))
    words += repr(sorted((name, str(kind)) for name, kind in Store.__annotations__.items()))
    words += repr((SHORT_TALK_S, HANGUP_RING_S, STEP_SPAN, CALLBACK_S))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


FINGERPRINT = _fingerprint()
