"""Decides under which lane and key an entry is found again, so that one call needs a handful of exact look-ups.

Numbers are filed by their key. A device by the first 14 digits of its IMEI (the rest is a check digit or a software
version). A prefix by the digits of the keys it covers, or, for irregular numbers, by the text it begins with.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import pyarrow as pa
from msgspec.structs import replace

from fanzha.numbering import check_imei, display, mask, normalise, parse
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.refusal import Refusal, Refused

IRREGULAR = "irregular:"
DEVICE_DIGITS = 14


class Lane(IntEnum):
    """A table of its own for each subject and side. Codes are stored: never renumber one."""

    CALLER = 0
    CALLEE = 1
    DEVICE = 2
    CALLER_PREFIX = 3
    CALLEE_PREFIX = 4


Place = tuple[Lane, int | str]


def lane(subject: Subject, side: Side) -> Lane:
    """Where entries of this kind are kept."""
    if subject is Subject.DEVICE:
        return Lane.DEVICE
    if subject is Subject.PREFIX:
        return Lane.CALLER_PREFIX if side is Side.CALLER else Lane.CALLEE_PREFIX
    return Lane.CALLER if side is Side.CALLER else Lane.CALLEE


def places(entries: Sequence[Entry]) -> list[Place]:
    """Lane and key of each entry. Raises Refused naming the first whose value is no number, prefix or IMEI."""
    numbers = [entry.value for entry in entries if entry.subject is Subject.NUMBER]
    keys = iter(normalise(pa.array(numbers, pa.string())).number.tolist())
    return [_place(entry, next(keys) if entry.subject is Subject.NUMBER else 0) for entry in entries]


def spelt(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with their values as `display` writes them, devices as 15 digits. Raises Refused as `places` does."""
    return [
        replace(entry, value=_spelling(entry, key)) for entry, (_, key) in zip(entries, places(entries), strict=True)
    ]


def _spelling(entry: Entry, key: int | str) -> str:
    if isinstance(key, str):
        return entry.value.strip()
    if entry.subject is Subject.DEVICE:
        return check_imei(f"{key:0{DEVICE_DIGITS}d}").imei
    return display(key) if key > 0 else entry.value.strip()


def _place(entry: Entry, key: int) -> Place:
    found: int | str | None
    if entry.subject is Subject.NUMBER:
        found = number_key(entry.value, key) or None
    elif entry.subject is Subject.DEVICE:
        found = device_key(entry.value)
    else:
        found = prefix_key(entry.value)
    if found is None:
        raise Refused(
            Refusal.ENTRY,
            f"{mask(entry.value)!r} is no {entry.subject}",
            where=f"entry {entry.id}",
            hint='numbers as "+8613812345678", prefixes as "+8617091*", devices by their IMEI',
        )
    return lane(entry.subject, entry.side), found


def number_key(value: str, key: int) -> int:
    """The key that `normalise` gave a value, but for an irregular number shown by its hash (irregular:#...)."""
    return parse(value).number if key < 0 and ":#" in value else key


def device_key(text: str) -> int | None:
    """The first 14 digits of an IMEI as a number; None for what is none."""
    digits = text.strip() if text.isdigit() else "".join(char for char in text if char not in " -/.\t")
    if not (digits.isascii() and digits.isdigit()) or not DEVICE_DIGITS <= len(digits) <= DEVICE_DIGITS + 2:
        return None
    return int(digits[:DEVICE_DIGITS])


def prefix_key(value: str) -> str | None:
    """The digits with which covered keys begin, or "irregular:" and the text; None for what is no prefix.

    "+8617*" covers keys beginning 8617; without a plus, digits are as `display` shows the keys with a 0 after the 86:
    "106*" covers SMS ports, "0951*" short codes behind area code 0951.
    """
    text = value.strip()
    if not text.endswith("*"):
        return None
    text = text[:-1]
    if text.startswith(IRREGULAR):
        return text if len(text) > len(IRREGULAR) else None
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    if text.startswith("+"):
        return digits if digits[0] != "0" else None
    return f"86{digits}" if digits[0] == "0" else f"860{digits}"
