"""Decides what of a raw string is the number, and what the junk, schemes and brackets that systems put round it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanzha.compiled import njit
from fanzha.numbering.scan import (
    BARE_86,
    CLASS_OPAQUE,
    CLASS_PORT,
    HASHED,
    HASHED_PORT,
    IRREGULAR,
    IRREGULAR_KIND,
    NATIONAL,
    NO_VERDICT,
    OPAQUE_KIND,
    PLUS,
    W_NONE,
    W_NOT_DIGITS,
    W_OPAQUE,
    W_TOO_LONG,
    W_WITHHELD,
    WELL,
    WITHHELD_KIND,
    judge,
    position,
)

FNV_START, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
LOW_60 = np.uint64((1 << 60) - 1)
BUFFER = 32
OPAQUE_WORD = np.frombuffer(b"opaque:", np.uint8).copy()
IRREGULAR_WORD = np.frombuffer(b"irregular:", np.uint8).copy()
SIP_WORD, SIPS_WORD, TEL_WORD = (np.frombuffer(word, np.uint8).copy() for word in (b"sip:", b"sips:", b"tel:"))


@njit(cache=True, nogil=True)
def hashed(data: Any, start: int, end: int, group: int) -> int:
    """Negative key of the raw bytes: see the rule at the top of scan.py."""
    value = FNV_START
    for i in range(start, end):
        value = (value ^ np.uint64(data[i])) * FNV_PRIME
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    value = value ^ (value >> np.uint64(31))
    return int(-1 - ((np.int64(group) << np.int64(60)) | np.int64(value & LOW_60)))


@njit(cache=True, nogil=True)
def lower_hash(data: Any, start: int, end: int) -> Any:
    """FNV-1a 64 of the bytes, ASCII letters taken as lower case; as `plan.word_hash`."""
    value = FNV_START
    for i in range(start, end):
        byte = data[i]
        if 65 <= byte <= 90:
            byte += 32
        value = (value ^ np.uint64(byte)) * FNV_PRIME
    return value


@njit(cache=True, nogil=True)
def begins(data: Any, start: int, end: int, word: Any) -> bool:
    """Whether the bytes begin with the (lower-case) word, in whatever case."""
    if end - start < word.size:
        return False
    for i in range(word.size):
        byte = data[start + i]
        if 65 <= byte <= 90:
            byte += 32
        if byte != word[i]:
            return False
    return True


@njit(cache=True, nogil=True)
def blank(data: Any, at: int, end: int) -> int:
    """Bytes of the space, quote, control or byte-order mark that stands at `at`; 0 if something else does."""
    byte = data[at]
    if byte <= 32 or byte in (34, 39, 44, 58, 59, 60, 61, 62, 96, 124, 127):
        return 1
    if at + 1 < end and byte == 0xC2 and data[at + 1] == 0xA0:
        return 2
    if at + 2 < end:
        second, third = data[at + 1], data[at + 2]
        if byte == 0xE2 and second == 0x80 and (0x80 <= third <= 0x8F or 0xA8 <= third <= 0xAF):
            return 3
        if (byte == 0xE3 and second == 0x80 and third == 0x80) or (byte == 0xEF and second == 0xBB and third == 0xBF):
            return 3
    return 0


@njit(cache=True, nogil=True)
def trimmed(data: Any, start: int, end: int) -> tuple[int, int]:
    """Start and end without blanks at either side."""
    while start < end:
        step = blank(data, start, end)
        if step == 0:
            break
        start += step
    while end > start:
        step = 0
        for size in range(1, 4):
            if end - size >= start and blank(data, end - size, end) == size:
                step = size
                break
        if step == 0:
            break
        end -= step
    return start, end


@njit(cache=True, nogil=True)
def gathered(data: Any, start: int, end: int, digits: Any) -> tuple[int, bool]:
    """Fill `digits`; return how many there are (-1: something is no number) and whether + stood first."""
    n, plus, at = 0, False, start
    if end - start > 6 and data[end - 1] == 48 and data[end - 2] == 46:  # "13812345678.0", a float once
        end -= 2
    while at < end:
        byte = data[at]
        step = 1
        digit = -1
        if 48 <= byte <= 57:
            digit = int(byte) - 48
        elif byte in (9, 32, 40, 41, 45, 46, 47, 91, 93, 95):
            pass
        elif byte == 43 and n == 0:
            plus = True
        elif byte == 37 and n == 0 and at + 2 < end and data[at + 1] == 50 and data[at + 2] in (66, 98):  # %2B
            plus, step = True, 3
        elif byte == 0xEF and at + 2 < end and data[at + 1] == 0xBC:
            step, third = 3, data[at + 2]
            if 0x90 <= third <= 0x99:
                digit = int(third) - 0x90
            elif third == 0x8B and n == 0:
                plus = True
            elif third not in (0x88, 0x89, 0x8D, 0x8E, 0x8F):
                return -1, plus
        elif byte == 0xE2 and at + 2 < end and data[at + 1] == 0x88 and data[at + 2] == 0x92:  # minus sign
            step = 3
        elif byte in (70, 102) and n >= 3:  # F: filler of packed decimals
            for rest in range(at, end):
                if data[rest] not in (70, 102):
                    return -1, plus
            return n, plus
        elif byte > 127:
            step = blank(data, at, end)
            if step == 0 and not (at + 2 < end and byte == 0xE2 and data[at + 1] == 0x80 and data[at + 2] <= 0x95):
                return -1, plus
            step = max(step, 3) if step != 2 else 2
        else:
            return -1, plus
        if digit >= 0:
            if n < digits.size:
                digits[n] = digit
            n += 1
        at += step
    return (n if n > 0 else -1), plus


@njit(cache=True, nogil=True)
def plain_mobile(data: Any, start: int, end: int) -> tuple[int, int]:
    """Eleven digits and how they were written, if the row is 1[3-9]... with nothing, 86 or +86 before it; else 0.

    Nine rows in ten are so, and need none of what follows."""
    written, at, size = NATIONAL, start, end - start
    if size == 14 and data[start] == 43:
        written, at = PLUS, start + 1
    elif size == 13:
        written = BARE_86
    elif size != 11:
        return 0, NATIONAL
    if size > 11:
        if data[at] != 56 or data[at + 1] != 54:
            return 0, NATIONAL
        at += 2
    if data[at] != 49 or data[at + 1] < 51:
        return 0, NATIONAL
    value = 0
    for i in range(at, end):
        digit = int(data[i]) - 48
        if digit < 0 or digit > 9:
            return 0, NATIONAL
        value = value * 10 + digit
    return value, written


@njit(cache=True, nogil=True)
def scan(
    data: Any, offsets: Any, valid: Any, area: int, withheld: Any,
    mobile_kind: Any, iot_kind: Any, area_form: Any, local_first: Any, codes: Any, traits: Any, classes: Any,
    dial: Any, countries: Any,
    number: Any, kinds: Any, forms: Any, whys: Any, writtens: Any,
) -> None:  # fmt: skip
    """Fill the five columns from the rows data[offsets[i]:offsets[i + 1]]; a row that is not valid is withheld."""
    digits = np.zeros(BUFFER, np.int64)
    for row in range(valid.size):
        key, kind, form, why, written = HASHED, WITHHELD_KIND, NO_VERDICT, W_WITHHELD, NATIONAL
        start, end = int(offsets[row]), int(offsets[row + 1])
        group = 0
        if valid[row]:
            key, written = plain_mobile(data, start, end)
            kind = int(mobile_kind[key // 1_000_000])
            if kind > 0:
                number[row], kinds[row], forms[row] = 86_00000000000 + key, kind, WELL
                whys[row], writtens[row] = W_NONE, written
                continue
            key, kind, written = HASHED, WITHHELD_KIND, NATIONAL
            start, end = trimmed(data, start, end)
        else:
            end = start
        first, last = start, end
        forced = False
        if begins(data, start, end, OPAQUE_WORD):
            first, group = start + OPAQUE_WORD.size, CLASS_OPAQUE
            kind, why = OPAQUE_KIND, W_OPAQUE
        elif begins(data, start, end, IRREGULAR_WORD):
            start, end = trimmed(data, start + IRREGULAR_WORD.size, end)
            first, last, forced = start, end, True
            kind, form, why = IRREGULAR_KIND, IRREGULAR, W_NOT_DIGITS
        if group == 0 and start < end:
            for at in range(start, end):  # "Name" <sip:...>
                if data[at] == 60:
                    start = at + 1
                elif data[at] == 62:
                    end = at
                    break
            sip = begins(data, start, end, SIP_WORD)
            if sip or begins(data, start, end, TEL_WORD):
                start += 4
            elif begins(data, start, end, SIPS_WORD):
                start, sip = start + 5, True
            for at in range(start, end):
                byte = data[at]
                if byte in (64, 59) or (sip and byte in (58, 63)):  # @ ; : ?
                    end = at
                    break
            start, end = trimmed(data, start, end)
            hidden = not forced and position(withheld, lower_hash(data, start, end)) >= 0
            if start < end and not hidden:
                n, plus = gathered(data, start, end, digits)
                if n < 0:
                    kind, form, why = IRREGULAR_KIND, IRREGULAR, W_NOT_DIGITS
                elif n > BUFFER:
                    kind, form, why = IRREGULAR_KIND, IRREGULAR, W_TOO_LONG
                else:
                    key, kind, form, why, written = judge(
                        digits, n, plus, area, mobile_kind, iot_kind, area_form, local_first, codes, traits, classes,
                        dial, countries,
                    )  # fmt: skip
                if forced and key > 0:  # what was irregular elsewhere stays so here, whatever the area
                    key, kind, form, why = HASHED, IRREGULAR_KIND, IRREGULAR, W_NOT_DIGITS
        if key == HASHED_PORT:
            group = CLASS_PORT
        if key <= 0 and kind != WITHHELD_KIND:
            key = hashed(data, first, last, group)
        number[row], kinds[row], forms[row], whys[row], writtens[row] = key, kind, form, why, written
