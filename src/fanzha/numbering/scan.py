"""Decides, byte by byte, what number a raw string is: the kernel behind `normalise`, for every call that comes in.

A key is 86 and the national digits, or country code and digits. Four rules keep two real numbers from one key:

- ten digits beginning 106 without 0 or +86 before them are an SMS port, with either they are a line in Beijing; the
  port's key has a 0 after the 86, which no other Chinese number has;
- a short code behind area codes 0951-0955 would read as a 95 hotline: its key has that 0 as well;
- a local number whose area nobody named gets no number, only a hash;
- seven or eight digits beginning 86 are a local number, unless the area given has none of that length and what
  follows the 86 is a short code with a name (8695588).

A hash is -(1 + class * 2^60 + the low 60 bits of splitmix64(FNV-1a 64 of the trimmed raw bytes)), the same on every
machine; class 0 irregular, 1 an SMS port too long for a key, 2 opaque. Nothing here keeps state between rows.
"""

from __future__ import annotations

from typing import Any

from fanzha.compiled import njit
from fanzha.numbering.codes import Form, Kind, Why, Written
from fanzha.numbering.plan import LOCAL_7, LOCAL_8, MERGED

# Enum members as plain integers: what a kernel may close over.
FIXED, INTERNATIONAL, SATELLITE = int(Kind.FIXED), int(Kind.INTERNATIONAL), int(Kind.SATELLITE)
MOBILE, IOT, SMS_PORT, EMERGENCY = int(Kind.MOBILE), int(Kind.IOT), int(Kind.SMS_PORT), int(Kind.EMERGENCY)
IRREGULAR_KIND, OPAQUE_KIND, WITHHELD_KIND = int(Kind.IRREGULAR), int(Kind.OPAQUE), int(Kind.WITHHELD)
NO_VERDICT, WELL, IRREGULAR, UNASSIGNED = (int(f) for f in Form)
W_NONE, W_WITHHELD, W_OPAQUE, W_NO_AREA, W_NOT_DIGITS, W_TOO_LONG, W_LENGTH, W_PREFIX = (int(w) for w in list(Why)[:8])
W_PADDED, W_NO_COUNTRY, W_FOREIGN_LENGTH, W_BLOCK, W_AREA, W_MERGED, W_SHORT = (int(w) for w in list(Why)[8:])
NATIONAL, TRUNK_ZERO, PLUS, DOUBLE_ZERO, BARE_86, LOCAL = (int(w) for w in Written)

HASHED, HASHED_PORT = 0, -1  # keys still to be made from the raw bytes
CLASS_PORT, CLASS_OPAQUE = 1, 2
LONGEST = 24  # digits looked at; nothing real is longer than an SMS port of 20
ESCAPE = 860


@njit(cache=True, nogil=True)
def position(ascending: Any, value: Any) -> int:
    """Where `value` stands in the ascending array; -1 if it does not. (np.searchsorted takes 0.5 s to compile.)"""
    low, high = 0, ascending.size
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low if low < ascending.size and ascending[low] == value else -1


@njit(cache=True, nogil=True)
def value_of(digits: Any, start: int, end: int) -> int:
    """The digits from start to end as a number."""
    value = 0
    for i in range(start, end):
        value = value * 10 + digits[i]
    return value


@njit(cache=True, nogil=True)
def joined(head: int, digits: Any, start: int, end: int) -> int:
    """`head` followed by the digits."""
    value = head
    for i in range(start, end):
        value = value * 10 + digits[i]
    return value


@njit(cache=True, nogil=True)
def short_code(digits: Any, start: int, end: int, codes: Any, traits: Any, classes: Any) -> tuple[int, int, int]:
    """Kind, regional and form of a number told by its first digits and length; kind 0 if it is none.

    A class met with the wrong length gives kind 0 and form IRREGULAR."""
    n = end - start
    if n < 3 or n > 20:
        return 0, 0, NO_VERDICT
    if n <= 8:
        at = position(codes, value_of(digits, start, end))
        if at >= 0:
            return int(traits[at, 0]), int(traits[at, 1]), WELL
    met = NO_VERDICT
    for row in range(classes.shape[0]):
        size = classes[row, 1]
        if n >= size and value_of(digits, start, start + size) == classes[row, 0]:
            if classes[row, 2] <= n <= classes[row, 3]:
                return int(classes[row, 4]), int(classes[row, 5]), UNASSIGNED if classes[row, 6] else WELL
            met = IRREGULAR
    return 0, 0, met


@njit(cache=True, nogil=True)
def area_end(digits: Any, start: int, end: int, area_form: Any) -> tuple[int, int]:
    """Area code at the front and where it ends; 0 if there is none."""
    if end - start >= 3:
        two = int(digits[start]) * 10 + int(digits[start + 1])
        if area_form[two] != 0:
            return two, start + 2
        three = two * 10 + int(digits[start + 2])
        if three >= 300 and area_form[three] != 0:
            return three, start + 3
    return 0, start


@njit(cache=True, nogil=True)
def national(
    digits: Any, start: int, end: int, zero: bool, bare: bool, area: int,
    mobile_kind: Any, iot_kind: Any, area_form: Any, local_first: Any, codes: Any, traits: Any, classes: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Key, kind, form and why of a Chinese number without its country code.

    zero: a trunk 0 stood before it; bare: neither 0 nor 86 did; area: the caller's own area code, or 0."""
    n = end - start
    if n < 3:
        return HASHED, IRREGULAR_KIND, IRREGULAR, W_SHORT
    first, second = digits[start], digits[start + 1]
    if n == 11 and first == 1 and second >= 3:
        kind = int(mobile_kind[value_of(digits, start, start + 5)])
        if kind > 0:
            return joined(86, digits, start, end), kind, WELL, W_NONE
        return joined(86, digits, start, end), MOBILE, UNASSIGNED, W_BLOCK
    if not zero:
        if n == 13 and first == 1:
            kind = int(iot_kind[value_of(digits, start, start + 5)])
            if kind > 0:
                return joined(86, digits, start, end), kind, WELL, W_NONE
            if second == 4:
                return joined(86, digits, start, end), IOT, UNASSIGNED, W_BLOCK
        kind, regional, form = short_code(digits, start, end, codes, traits, classes)
        if kind == SMS_PORT and n == 10:
            if bare:
                return joined(ESCAPE, digits, start, end), SMS_PORT, WELL, W_NONE
        elif kind == SMS_PORT and n > 15:
            return HASHED_PORT, SMS_PORT, WELL, W_NONE
        elif kind > 0:
            why = W_NONE if form == WELL else W_BLOCK
            if regional and bare and area > 0:
                head = (ESCAPE if 951 <= area <= 955 else 86) * (100 if area < 100 else 1000) + area
                return joined(head, digits, start, end), kind, form, why
            return joined(86, digits, start, end), kind, form, why
    if not bare or n >= 10:
        code, after = area_end(digits, start, end, area_form)
        if code > 0:
            local = end - after
            fits = (local == 7 and area_form[code] & LOCAL_7) or (local == 8 and area_form[code] & LOCAL_8)
            if fits and local_first[digits[after]]:
                return joined(86, digits, start, end), FIXED, WELL, W_NONE
            if not bare and 3 <= local <= 6:
                kind, regional, form = short_code(digits, after, end, codes, traits, classes)
                if kind > 0:
                    head = ESCAPE if 951 <= code <= 955 else 86
                    return joined(head, digits, start, end), kind, form, W_NONE if form == WELL else W_BLOCK
            if local == 7 or local == 8:
                if area_form[code] & MERGED:
                    return HASHED, IRREGULAR_KIND, UNASSIGNED, W_MERGED
                return HASHED, IRREGULAR_KIND, IRREGULAR, W_PREFIX if fits else W_LENGTH
            if zero or not bare:
                return HASHED, IRREGULAR_KIND, IRREGULAR, W_LENGTH
        elif zero and 9 <= n <= 11 and first > 1:
            return HASHED, IRREGULAR_KIND, UNASSIGNED, W_AREA
    if bare and (n == 7 or n == 8) and local_first[first]:
        if area == 0:
            return HASHED, IRREGULAR_KIND, NO_VERDICT, W_NO_AREA
        if area_form[area] & (LOCAL_7 if n == 7 else LOCAL_8):
            return joined(86 * (100 if area < 100 else 1000) + area, digits, start, end), FIXED, WELL, W_NONE
        return HASHED, IRREGULAR_KIND, IRREGULAR, W_LENGTH
    if n > 20:
        return HASHED, IRREGULAR_KIND, IRREGULAR, W_TOO_LONG
    if n <= 6:
        return HASHED, IRREGULAR_KIND, IRREGULAR, W_SHORT
    known = first == 1 and second >= 3
    return HASHED, IRREGULAR_KIND, IRREGULAR, W_LENGTH if known else W_PREFIX


@njit(cache=True, nogil=True)
def foreign(digits: Any, start: int, end: int, country_digits: Any) -> tuple[int, int, int, int]:
    """Key, kind, form and why of a number with a country code other than 86."""
    n = end - start
    code = 0
    for size in range(1, 4):
        if n > size and digits[start] > 0:
            code = code * 10 + int(digits[start + size - 1])
            if code > 0 and country_digits[code, 1] > 0:
                kind = SATELLITE if code in (870, 881) else INTERNATIONAL
                if n > 15:
                    return HASHED, IRREGULAR_KIND, IRREGULAR, W_TOO_LONG
                if country_digits[code, 0] <= n - size <= country_digits[code, 1]:
                    return value_of(digits, start, end), kind, WELL, W_NONE
                if n < 7:
                    return HASHED, IRREGULAR_KIND, IRREGULAR, W_FOREIGN_LENGTH
                return value_of(digits, start, end), kind, IRREGULAR, W_FOREIGN_LENGTH
    return HASHED, IRREGULAR_KIND, IRREGULAR, W_NO_COUNTRY


@njit(cache=True, nogil=True)
def padded(digits: Any, start: int, end: int, plus: bool, codes: Any, traits: Any, classes: Any) -> bool:
    """Whether an irregular number is a known hotline with zeros, 86 or a few digits put around it (R6)."""
    at = start
    while at < end and digits[at] == 0:
        at += 1
    if at + 2 < end and digits[at] == 8 and digits[at + 1] == 6:
        at += 2
        while at < end and digits[at] == 0:
            at += 1
    if at > start or plus:
        kind, _, _ = short_code(digits, at, end, codes, traits, classes)
        if kind > 0:
            return True
    n = end - at
    for i in range(codes.size):
        size = 0
        rest = codes[i]
        while rest > 0:
            rest //= 10
            size += 1
        if (
            size >= 5
            and size < n <= size + 4
            and (value_of(digits, at, at + size) == codes[i] or value_of(digits, end - size, end) == codes[i])
        ):
            return True
        twice = size == 3 and n == 6 and traits[i, 0] == EMERGENCY and value_of(digits, at, end) == codes[i] * 1001
        if twice:
            return True
    return False


@njit(cache=True, nogil=True)
def judge(
    digits: Any, n: int, plus: bool, area: int,
    mobile_kind: Any, iot_kind: Any, area_form: Any, local_first: Any, codes: Any, traits: Any, classes: Any,
    dial: Any, countries: Any,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Key, kind, form, why and written of a whole dialled string of digits, `plus` saying that + stood before it."""
    start, end = 0, n
    if n > LONGEST:
        return HASHED, IRREGULAR_KIND, IRREGULAR, W_TOO_LONG, NATIONAL
    if not plus and n >= 15 and position(dial, value_of(digits, 0, 5)) >= 0:
        start = 5
    written = PLUS if plus else NATIONAL
    if end - start >= 2 and digits[start] == 0 and digits[start + 1] == 0:
        start += 2
        written = PLUS if plus else DOUBLE_ZERO
    abroad = written != NATIONAL
    if abroad and not (end - start >= 2 and digits[start] == 8 and digits[start + 1] == 6):
        key, kind, form, why = foreign(digits, start, end, countries)
    else:
        key, kind, form, why = HASHED, IRREGULAR_KIND, IRREGULAR, W_SHORT
        # First as it stands; then, where that is nothing, with 86 taken for the country code.
        for coded in range(1 if abroad else 0, 2):
            if coded == 1 and not abroad:
                size = end - start
                if form == WELL or size < 5 or value_of(digits, start, start + 2) != 86:
                    break
                if 7 <= size <= 8 and position(codes, value_of(digits, start + 2, end)) < 0:
                    break  # somebody's local number
            head = start + 2 if coded == 1 else start
            zero = head < end and digits[head] == 0
            bare = coded == 0 and not zero
            key2, kind2, form2, why2 = national(
                digits, head + 1 if zero else head, end, zero, bare, area if coded == 0 else 0,
                mobile_kind, iot_kind, area_form, local_first, codes, traits, classes,
            )  # fmt: skip
            if coded == 0 or abroad or form2 == WELL or (form2 == UNASSIGNED and key2 > 0):
                key, kind, form, why = key2, kind2, form2, why2
                if coded == 0:
                    written = TRUNK_ZERO if zero else (LOCAL if kind == FIXED and end - head <= 8 else NATIONAL)
                elif not abroad:
                    written = BARE_86
    if (form == IRREGULAR and why != W_TOO_LONG or why == W_AREA) and padded(
        digits, 0, n, plus, codes, traits, classes
    ):
        return HASHED, IRREGULAR_KIND, IRREGULAR, W_PADDED, written
    return key, kind, form, why, written
