"""Decides what a field is called where the profile is not a number's: a device's contacts are the cards in it.

`fields.py` says what every field means to a number. Here stand the words that other kinds need in their place; they are
read by people only, so no kernel imports them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fanzha.profiles.fields import COUNTERS, LONG_WINDOW, WINDOWS, EntityKind, Field

Words = tuple[str, str]  # Chinese, English
_SUFFIXES = MappingProxyType({suffix: (zh, en) for suffix, _, _, zh, en in (*WINDOWS, LONG_WINDOW)})
_COUNTER_NAMES = frozenset(name for name, *_ in COUNTERS)

# Counters without their window, other fields by their whole name.
_OF: Mapping[EntityKind, Mapping[str, Words]] = MappingProxyType(
    {
        EntityKind.DEVICE: {
            "contacts": ("呼出的不同卡（号码）数", "distinct cards (numbers) calling from it"),
            "out_new": ("首次出现在该终端的卡的呼出", "outgoing calls of cards new to it"),
            "out_steps": ("与上一张卡号码相邻的卡的呼出", "outgoing calls of a card numbered next to the card before"),
            "out_switches": ("换卡次数", "changes of card (SIM) between calls"),
            "callbacks": ("24小时内呼出过的卡的来电", "incoming calls to cards that called within 24 hours"),
            "contacts_known": ("记住的卡（号码）数", "cards (numbers) remembered"),
            "gears_24h": ("近24小时SIM卡数", "distinct cards (SIMs) in 24 hours"),
            "gears_30d": ("近30天SIM卡数", "distinct cards (SIMs) in 30 days"),
        },
        EntityKind.CELL: {
            "contacts": ("呼出的不同号码数", "distinct numbers calling from it"),
            "out_new": ("首次在此出现的号码的呼出", "outgoing calls of numbers new to it"),
            "out_steps": ("与上一主叫号码相邻的号码的呼出", "outgoing calls of a number next to the caller before"),
            "out_switches": ("相邻两次通话的终端不同", "changes of device from one call to the next"),
            "callbacks": ("24小时内呼出过的号码的来电", "incoming calls to numbers that called within 24 hours"),
            "contacts_known": ("记住的号码数", "numbers remembered"),
            "gears_24h": ("近24小时终端数", "distinct devices in 24 hours"),
            "gears_30d": ("近30天终端数", "distinct devices in 30 days"),
        },
        EntityKind.VICTIM: {
            "out": ("被预警号码呼叫次数", "calls from flagged numbers"),
            "out_answered": ("接听预警号码的次数", "calls from flagged numbers that it answered"),
            "contacts": ("来电的不同预警号码数", "distinct flagged numbers that called"),
            "talk_out": ("与预警号码的通话时长", "seconds talked with flagged numbers"),
            "out_total": ("累计被预警号码呼叫", "calls from flagged numbers since the first"),
        },
        EntityKind.SITE: {
            "out": ("可疑卡或终端的呼出", "calls of suspect cards or devices"),
            "contacts": ("不同可疑卡与终端数", "distinct suspect cards and devices"),
            "out_total": ("累计可疑卡或终端呼出", "calls of suspect cards or devices since the first"),
        },
        EntityKind.BRIDGE: {
            "in": ("本号码的长通话", "long calls of this number"),
            "out": ("其间旁边号码的拨打", "calls dialled beside it meanwhile"),
            "contacts": ("旁边拨打的不同号码数", "distinct numbers dialling beside it"),
        },
        EntityKind.RACK: {
            "out": ("同小区同型号终端上可疑卡的呼出", "calls of suspect cards in devices of one type in the cell"),
            "contacts": ("其中不同终端数", "distinct devices among these"),
            "out_steps": ("与上一终端串号相邻的呼出", "calls from a device whose serial is next to the one before"),
        },
    }
)


def words(field: Field, kind: EntityKind) -> Words:
    """What this field is called of a profile of this kind, Chinese and English."""
    own = _OF.get(kind, {})
    stem, _, suffix = field.name.rpartition("_")
    if suffix in _SUFFIXES and stem in _COUNTER_NAMES and stem in own:
        (zh, en), (when_zh, when_en) = own[stem], _SUFFIXES[suffix]
        return when_zh + zh, f"{en} {when_en}"
    return own.get(field.name, (field.zh, field.en))


def counter(name: str, zh: str, en: str, kind: EntityKind) -> Words:
    """What a counter is called without its window; `zh` and `en` are its words for a number."""
    return _OF.get(kind, {}).get(name, (zh, en))
