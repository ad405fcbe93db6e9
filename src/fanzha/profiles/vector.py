"""Decides what a rule sees of a profile at one event: the whole field vector, NaN where something cannot be known."""

from __future__ import annotations

import numpy as np

from fanzha.profiles.event import (
    AWAY,
    AWAY_KNOWN,
    CLIR,
    CLIR_KNOWN,
    FAR_KNOWN,
    INTERNATIONAL,
    IS_FAR,
    LOCAL_HERE,
    NO_RING,
    OUTGOING,
    WAS_ANSWERED,
    WAS_FORWARDED,
)
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT
from fanzha.profiles.kernel import allocating, kernel
from fanzha.profiles.layout import (
    BASELINE_DAYS,
    BASELINE_HOURS,
    DAY,
    GEARS,
    LONG_SUM,
    N_ACTIVATED,
    N_CHANGED,
    N_CHANGED_CALLS,
    N_CHANGED_CONTACTS,
    N_CHANGED_DAYS,
    N_CHANGED_PLACES,
    N_CLOCK,
    N_COUNT,
    N_COUNTERS,
    N_DAYS,
    N_FIRST,
    N_HOUR,
    N_IN,
    N_LATE,
    N_LEVEL,
    N_LOCATED,
    N_MAD,
    N_MEDIAN,
    N_OUT,
    N_PARTIAL,
    N_SAMPLES,
    N_SILENCE,
    N_SILENCE_END,
    NEW,
    PLACES,
    RING_BUCKETS,
    RING_SECONDS,
    SUM_WIDTH,
    UTC_OFFSET_S,
    Store,
)

_AGE = BY_NAME["age_days"].index
_SEEN = BY_NAME["seen_days"].index
_SILENT = BY_NAME["silent_days"].index
_ACTIVE = BY_NAME["active_days_30d"].index
_CONTACTS = BY_NAME["contacts_known"].index
_OUT = BY_NAME["out_total"].index
_IN = BY_NAME["in_total"].index
_LATE = BY_NAME["late_total"].index
_GEARS_24H = BY_NAME["gears_24h"].index
_PLACES_24H = BY_NAME["places_24h"].index
_TOP = BY_NAME["place_top_share"].index
_GEAR = BY_NAME["gear_days"].index
_HOUR = BY_NAME["hour_out"].index
_LEVEL = BY_NAME["level"].index
_KIND = BY_NAME["number_kind"].index
_CALL = BY_NAME["call_out"].index

_ORDER = [f for f, _ in sorted(((f.name, f.index) for f in BY_NAME.values()), key=lambda p: p[1])]
if _ORDER[_GEARS_24H : _GEARS_24H + 4] != ["gears_24h", "gears_30d", "places_24h", "places_30d"]:
    raise AssertionError("fields.py moved: the vector below writes these four in a row")
if _ORDER[_CALL:] != [
    "call_out",
    "call_answered",
    "call_talk_s",
    "call_ring_s",
    "call_hour",
    "call_international",
    "call_far",
    "call_away",
    "call_local_here",
    "call_forwarded",
    "call_clir",
]:
    raise AssertionError("fields.py moved: the vector below writes the call's fields in a row")


@kernel
def fill(store: Store, row: int, t: int, talk: int, ring: int, flags: int, kind: int, out: np.ndarray) -> None:
    """Write the field vector (float64[FIELD_COUNT]) of this profile as it stands right after this event."""
    notes = store.notes[row]
    clock = notes[N_CLOCK]
    for k in range(SUM_WIDTH):
        out[k] = store.sums[row, k]
    out[_AGE] = (t - notes[N_ACTIVATED]) / DAY if notes[N_ACTIVATED] > 0 else np.nan
    out[_SEEN] = (clock - notes[N_FIRST]) / DAY
    out[_SILENT] = notes[N_SILENCE] / DAY if clock - notes[N_SILENCE_END] <= DAY else 0.0
    days = notes[N_DAYS]
    active = 0
    while days:
        days &= days - 1
        active += 1
    out[_ACTIVE] = active
    out[_CONTACTS] = notes[N_COUNT]
    out[_OUT] = notes[N_OUT]
    out[_IN] = notes[N_IN]
    out[_LATE] = notes[N_LATE]
    _fill_gears(store, row, clock, out)
    _fill_places(store, row, clock, out)
    _fill_change(store, row, t, out)
    _fill_baseline(store, row, clock, out)
    out[_LEVEL] = notes[N_LEVEL] / 10.0
    out[_KIND] = kind if kind >= 0 else np.nan
    _fill_call(t, talk, ring, flags, out)
    if notes[N_PARTIAL] > 0:
        _forget(clock - notes[N_PARTIAL], out)


@kernel
def _fill_gears(store: Store, row: int, clock: int, out: np.ndarray) -> None:
    today = 0
    month = 0
    for k in range(GEARS):
        if store.gear_id[row, k] == 0:
            break
        idle = clock - store.gear_last[row, k]
        today += idle <= DAY
        month += idle <= 30 * DAY
    known = month > 0
    out[_GEARS_24H] = today if known else np.nan
    out[_GEARS_24H + 1] = month if known else np.nan


@kernel
def _fill_places(store: Store, row: int, clock: int, out: np.ndarray) -> None:
    today = 0
    month = 0
    top = 0
    for k in range(PLACES):
        if store.place_id[row, k] == 0:
            break
        idle = clock - store.place_last[row, k]
        today += idle <= DAY
        month += idle <= 30 * DAY
        top = max(top, store.place_count[row, k])
    located = store.notes[row, N_LOCATED]
    out[_PLACES_24H] = today if located > 0 else np.nan
    out[_PLACES_24H + 1] = month if located > 0 else np.nan
    out[_TOP] = top / located if located > 0 else np.nan


@kernel
def _fill_change(store: Store, row: int, t: int, out: np.ndarray) -> None:
    notes = store.notes[row]
    if notes[N_CHANGED] == 0:
        for k in range(5):
            out[_GEAR + k] = np.nan
        return
    out[_GEAR] = (t - notes[N_CHANGED]) / DAY
    out[_GEAR + 1] = notes[N_CHANGED_CALLS]
    out[_GEAR + 2] = notes[N_CHANGED_CONTACTS]
    out[_GEAR + 3] = notes[N_CHANGED_PLACES] if notes[N_LOCATED] > 0 else np.nan
    out[_GEAR + 4] = notes[N_CHANGED_DAYS]


@kernel
def _fill_baseline(store: Store, row: int, clock: int, out: np.ndarray) -> None:
    """This hour's outgoing calls beside the same hour of earlier days: same weekdays once three of them are known."""
    if store.hours.shape[1] == 0:
        for k in range(4):
            out[_HOUR + k] = np.nan
        return
    hour = clock // 3600
    out[_HOUR] = store.hours[row, hour % BASELINE_HOURS]
    notes = store.notes[row]
    if notes[N_HOUR] != hour:
        _baseline(store, row, hour)
    known = notes[N_SAMPLES] > 0
    out[_HOUR + 1] = notes[N_MEDIAN] / 10.0 if known else np.nan
    out[_HOUR + 2] = notes[N_MAD] / 10.0 if known else np.nan
    out[_HOUR + 3] = notes[N_SAMPLES]


@allocating
def _baseline(store: Store, row: int, hour: int) -> None:
    notes = store.notes[row]
    days = min((hour - notes[N_FIRST] // 3600) // 24, BASELINE_DAYS - 1)
    stride = 7 if days >= 21 else 1
    samples = np.empty(BASELINE_DAYS, np.float64)
    n = 0
    for d in range(stride, days + 1, stride):
        samples[n] = store.hours[row, (hour - 24 * d) % BASELINE_HOURS]
        n += 1
    notes[N_HOUR] = hour
    notes[N_SAMPLES] = n
    if n > 0:
        median = np.median(samples[:n])
        notes[N_MEDIAN] = np.int64(median * 10)
        notes[N_MAD] = np.int64(np.median(np.abs(samples[:n] - median)) * 10)


@kernel
def _fill_call(t: int, talk: int, ring: int, flags: int, out: np.ndarray) -> None:
    out[_CALL] = 1.0 if flags & OUTGOING else 0.0
    out[_CALL + 1] = 1.0 if flags & WAS_ANSWERED else 0.0
    out[_CALL + 2] = talk
    out[_CALL + 3] = ring if ring != NO_RING else np.nan
    out[_CALL + 4] = (t + UTC_OFFSET_S) // 3600 % 24
    out[_CALL + 5] = 1.0 if flags & INTERNATIONAL else 0.0
    out[_CALL + 6] = (1.0 if flags & IS_FAR else 0.0) if flags & FAR_KNOWN else np.nan
    out[_CALL + 7] = (1.0 if flags & AWAY else 0.0) if flags & AWAY_KNOWN else np.nan
    out[_CALL + 8] = (1.0 if flags & LOCAL_HERE else 0.0) if flags & AWAY_KNOWN else np.nan
    out[_CALL + 9] = 1.0 if flags & WAS_FORWARDED else 0.0
    out[_CALL + 10] = (1.0 if flags & CLIR else 0.0) if flags & CLIR_KNOWN else np.nan


@allocating
def _forget(known_s: int, out: np.ndarray) -> None:
    """An evicted profile came back: what lies before its return is unknown, never 0."""
    for r in range(4):
        span = RING_BUCKETS[r] * RING_SECONDS[r]
        for c in range(N_COUNTERS):
            if known_s < span or c == NEW:
                out[r * N_COUNTERS + c] = np.nan
    if known_s < 30 * DAY:
        for k in range(LONG_SUM, SUM_WIDTH):
            out[k] = np.nan
    for k in (_SEEN, _SILENT, _ACTIVE, _CONTACTS, _OUT, _IN, _TOP):
        out[k] = np.nan


def new_vector() -> np.ndarray:
    """An empty vector of the right length."""
    return np.full(FIELD_COUNT, np.nan)
