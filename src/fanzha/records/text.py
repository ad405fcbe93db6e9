"""Decides what a piece of text says as a time, a number or a hash, for whole Arrow columns at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fanzha.compiled import njit

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Text(NamedTuple):
    """The buffers of a string array of n rows: offsets int64[n + 1] into data uint8[], and valid bool[n]."""

    offsets: Int64s
    data: npt.NDArray[np.uint8]
    valid: Bools


def text_of(column: pa.Array) -> Text:
    """The buffers of a string or large_string array, of which they are views where they can be."""
    count = len(column)
    wide = pa.types.is_large_string(column.type)
    _, offsets, data = column.buffers()
    kind = np.int64 if wide else np.int32
    starts = np.frombuffer(offsets, kind)[column.offset : column.offset + count + 1] if offsets else np.zeros(1, kind)
    letters = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return Text(starts.astype(np.int64), letters, valid_of(column))


def valid_of(column: pa.Array) -> Bools:
    """Which rows are not null, as bool[n]."""
    if column.null_count == 0:
        return np.ones(len(column), np.bool_)
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)


@njit(cache=True, nogil=True)
def _digits(data, at, end, most):  # type: ignore[no-untyped-def]
    value, used = 0, 0
    while used < most and at + used < end and 48 <= data[at + used] <= 57:
        value = value * 10 + (data[at + used] - 48)
        used += 1
    return value, used


@njit(cache=True, nogil=True)
def _trimmed(data, start, end):  # type: ignore[no-untyped-def]
    while start < end and data[start] <= 32:
        start += 1
    while end > start and data[end - 1] <= 32:
        end -= 1
    return start, end


@njit(cache=True, nogil=True)
def _days(year, month, day):  # type: ignore[no-untyped-def]
    # Days since 1970-01-01 of a Gregorian date, with March as the first month so that leap days come last.
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@njit(cache=True, nogil=True)
def _month_days(year, month):  # type: ignore[no-untyped-def]
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@njit(cache=True, nogil=True)
def _clock(data, at, end):  # type: ignore[no-untyped-def]
    # Microseconds of the day from H[H]:MM[:SS[.f]] or HHMM[SS[.f]]; the place after it, or -1.
    hour, used = _digits(data, at, end, 2)
    if used == 0:
        return 0, -1
    at += used
    parted = at < end and data[at] == 58
    at += 1 if parted else 0
    minute, used = _digits(data, at, end, 2)
    if used != 2 or (not parted and hour > 23):
        return 0, -1
    at += used
    second, micro = 0, 0
    if at < end and (data[at] == 58) == parted and (parted or 48 <= data[at] <= 57):
        at += 1 if parted else 0
        second, used = _digits(data, at, end, 2)
        if used != 2:
            return 0, -1
        at += used
        if at < end and (data[at] == 46 or data[at] == 44):
            micro, used = _digits(data, at + 1, end, 6)
            if used == 0:
                return 0, -1
            at += 1 + used
            while used < 6:
                micro *= 10
                used += 1
            while at < end and 48 <= data[at] <= 57:
                at += 1
    if hour > 23 or minute > 59 or second > 59:
        return 0, -1
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro, at


@njit(cache=True, nogil=True)
def _zone(data, at, end):  # type: ignore[no-untyped-def]
    # Microseconds east of UTC from Z, +08, +08:00 or +0800; ok is False for anything else.
    if at + 1 == end and (data[at] == 90 or data[at] == 122):
        return 0, True
    if data[at] != 43 and data[at] != 45:
        return 0, False
    sign = 1 if data[at] == 43 else -1
    hour, used = _digits(data, at + 1, end, 2)
    at += 3
    if used != 2 or hour > 15:
        return 0, False
    minute = 0
    if at < end:
        at += 1 if data[at] == 58 else 0
        minute, used = _digits(data, at, end, 2)
        if used != 2 or minute > 59 or at + 2 != end:
            return 0, False
    return sign * (hour * 60 + minute) * 60_000_000, True


@njit(cache=True, nogil=True)
def read_times(offsets, data, valid, micros, zoned, bad):  # type: ignore[no-untyped-def]
    """Read ISO 8601 and its habits (2026-11-01 08:00:00.5, 2026/1/5 9:05, 20261101080000, ...+08:00, ...Z).

    Fills micros int64[n] since 1970 (of the local clock where zoned[i] is False, else UTC) and bad bool[n].
    """
    for i in range(len(valid)):
        if not valid[i]:
            continue
        at, end = _trimmed(data, offsets[i], offsets[i + 1])
        bad[i] = True
        year, used = _digits(data, at, end, 4)
        at += used
        if used != 4 or at >= end:
            continue
        parted = data[at] == 45 or data[at] == 47
        at += 1 if parted else 0
        month, used = _digits(data, at, end, 2)
        at += used
        if used == 0 or (not parted and used != 2) or month < 1 or month > 12:
            continue
        if parted:
            if at >= end or not (data[at] == 45 or data[at] == 47):
                continue
            at += 1
        day, used = _digits(data, at, end, 2)
        at += used
        if used == 0 or (not parted and used != 2) or day < 1 or day > _month_days(year, month):
            continue
        value = _days(year, month, day) * 86_400_000_000
        if at < end:
            if data[at] == 84 or data[at] == 116 or data[at] == 32:
                at += 1
                while at < end and data[at] == 32:
                    at += 1
            elif parted:
                continue
            clock, at = _clock(data, at, end)
            if at < 0:
                continue
            value += clock
            while at < end and data[at] == 32:
                at += 1
            if at < end:
                east, ok = _zone(data, at, end)
                if not ok:
                    continue
                zoned[i] = True
                value -= east
        micros[i] = value
        bad[i] = False


@njit(cache=True, nogil=True)
def read_decimals(offsets, data, valid, scale, out, bad):  # type: ignore[no-untyped-def]
    """Read [+-]digits[.digits] times `scale` into out int64[n], cutting what is finer; bad where it is no such."""
    for i in range(len(valid)):
        if not valid[i]:
            continue
        at, end = _trimmed(data, offsets[i], offsets[i + 1])
        negative = at < end and data[at] == 45
        if at < end and (data[at] == 45 or data[at] == 43):
            at += 1
        whole, used = _digits(data, at, end, 18)
        at += used
        value = np.int64(whole) * scale
        if used == 0 or whole > (1 << 62) // scale:
            bad[i] = True
            continue
        if at < end and data[at] == 46:
            at += 1
            step = scale
            while at < end and 48 <= data[at] <= 57:
                step //= 10
                value += step * np.int64(data[at] - 48)
                at += 1
        bad[i] = at != end
        out[i] = -value if negative else value


@njit(cache=True, nogil=True)
def mixed(word):  # type: ignore[no-untyped-def]
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of a uint64 depends on every other."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@njit(cache=True, nogil=True)
def hash_text(offsets, data, valid, salt, state):  # type: ignore[no-untyped-def]
    """Fold each text that is not null into state uint64[n]; a null leaves it, so an absent column counts as nulls."""
    for i in range(len(valid)):
        if not valid[i]:
            continue
        start, end = offsets[i], offsets[i + 1]
        h = state[i] ^ mixed(np.uint64(salt) + np.uint64(end - start))
        word, shift = np.uint64(0), np.uint64(0)
        for at in range(start, end):
            word |= np.uint64(data[at]) << shift
            shift += np.uint64(8)
            if shift == np.uint64(64):
                h = mixed(h ^ word) + np.uint64(0x9E3779B97F4A7C15)
                word, shift = np.uint64(0), np.uint64(0)
        state[i] = mixed(h ^ word)


@njit(cache=True, nogil=True)
def hash_ints(values, valid, salt, state):  # type: ignore[no-untyped-def]
    """Fold each int64 that is not null into state uint64[n]."""
    for i in range(len(valid)):
        if valid[i]:
            state[i] = mixed(state[i] ^ mixed(np.uint64(salt) + np.uint64(values[i])))


@njit(cache=True, nogil=True)
def read_keys(offsets, data, valid, keep_zeros, out, exact):  # type: ignore[no-untyped-def]
    """Digits of at most 18 places as int64 into out; exact is False where the text is something else and needs a hash.

    With keep_zeros a text with a leading zero is no number: 007 and 7 are two cells, but an IMEI is one.
    """
    for i in range(len(valid)):
        if not valid[i]:
            continue
        start, end = offsets[i], offsets[i + 1]
        value, used = _digits(data, start, end, 18)
        whole = used > 0 and start + used == end
        exact[i] = whole and not (keep_zeros and used > 1 and data[start] == 48)
        out[i] = value
