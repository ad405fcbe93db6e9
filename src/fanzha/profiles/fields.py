"""Decides which questions a rule or a model may ask of a profile: every field's name, place, meaning and unit.

A field is a float64 in one vector; NaN says unknown, never zero. Counters come once per window. Windows slide at
bucket grain: `5m` is the running minute and the 4 before it, `1h` the running five minutes and the 11 before, `24h`
the running clock hour and the 23 before, `7d` and `30d` the running local day and the 6 or 29 before. So "1 h" covers
between 55 and 60 minutes. The current event is always counted in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType


class EntityKind(IntEnum):
    """What a profile is about. The last four are fed by facts of the first stage, not by calls."""

    NUMBER = 0  # 号码
    DEVICE = 1  # 终端 (IMEI): peer = its number (SIM), place = cell, gear = IMSI
    CELL = 2  # 小区: peer = the number active in it, gear = its IMEI
    VICTIM = 3  # a called number under flagged callers: peer = the flagged caller
    SITE = 4  # a cell that gathers suspects: peer = the suspect number or device, gear = its IMEI or IMSI
    BRIDGE = 5  # a number in long calls (in) beside another that dials (out): peer = the dialler, place = cell
    RACK = 6  # devices of one type (TAC) in one cell that suspects use: peer = the serial of one, gear = its number


@dataclass(frozen=True)
class Field:
    """One question: `index` into the vector, labels in both languages, unit, and the kinds it makes sense for."""

    name: str
    index: int
    zh: str
    en: str
    unit: str
    kinds: frozenset[EntityKind]
    of_call: bool = False  # describes the event at hand, not the history


# Ring windows: suffix, bucket seconds, buckets, labels. 7d and 30d use local days (Asia/Shanghai).
WINDOWS: tuple[tuple[str, int, int, str, str], ...] = (
    ("5m", 60, 5, "近5分钟", "in the last 5 minutes"),
    ("1h", 300, 12, "近1小时", "in the last hour"),
    ("24h", 3600, 24, "近24小时", "in the last 24 hours"),
    ("7d", 86400, 7, "近7天", "in the last 7 days"),
)
LONG_WINDOW = ("30d", 86400, 30, "近30天", "in the last 30 days")

ALL = frozenset(EntityKind)
CALLS_ONLY = frozenset({EntityKind.NUMBER, EntityKind.DEVICE, EntityKind.CELL})
NUMBER_ONLY = frozenset({EntityKind.NUMBER})

# Counters of every window, in ring order. The first 13 count events, the last two sum seconds.
COUNTERS: tuple[tuple[str, str, str, str], ...] = (
    ("out", "呼出次数", "outgoing calls", "calls"),
    ("out_answered", "接通的呼出", "outgoing calls answered", "calls"),
    ("out_short", "通话不超过10秒的接通呼出", "answered outgoing calls of at most 10 s", "calls"),
    ("out_hangup", "振铃不超过5秒即挂断的呼出", "outgoing calls given up within 5 s of ringing", "calls"),
    ("out_new", "首次联系的陌生被叫", "outgoing calls to numbers never in contact before", "calls"),
    ("contacts", "不同被叫数", "distinct numbers called", "numbers"),
    ("out_steps", "与上一被叫号码相邻的呼出", "outgoing calls next to the number called before", "calls"),
    ("out_switches", "换机(卡)次数", "changes of device (SIM) between calls", "changes"),
    ("out_far", "被叫归属地不同的呼出", "outgoing calls to another city's numbers", "calls"),
    ("in", "呼入次数", "incoming calls", "calls"),
    ("in_answered", "接通的呼入", "incoming calls answered", "calls"),
    ("callbacks", "24小时内被叫方的回拨", "calls back from numbers called within 24 hours", "calls"),
    ("forwarded", "带呼叫转移的通话", "calls that were forwarded", "calls"),
    ("talk_out", "呼出通话时长", "seconds talked on outgoing calls", "s"),
    ("talk_in", "呼入通话时长", "seconds talked on incoming calls", "s"),
)
LONG_COUNTERS = ("out", "contacts", "in")

# Scalars: name, zh, en, unit, kinds, of the call.
_SCALARS: tuple[tuple[str, str, str, str, frozenset[EntityKind], bool], ...] = (
    ("age_days", "开卡天数", "days since the card was activated", "d", NUMBER_ONLY, False),
    ("seen_days", "首次出现以来天数", "days since first seen in the records", "d", ALL, False),
    ("silent_days", "本次活跃前的静默天数", "days of silence before the present activity", "d", ALL, False),
    ("active_days_30d", "近30天活跃天数", "days active in the last 30", "d", ALL, False),
    ("contacts_known", "记住的联系人数", "contacts remembered, either way", "numbers", ALL, False),
    ("out_total", "累计呼出", "outgoing calls since first seen", "calls", ALL, False),
    ("in_total", "累计呼入", "incoming calls since first seen", "calls", ALL, False),
    ("late_total", "迟到话单数", "records that came too late for a window", "calls", ALL, False),
    ("gears_24h", "近24小时终端(卡)数", "distinct devices (SIMs) in 24 hours", "devices", ALL, False),
    ("gears_30d", "近30天终端(卡)数", "distinct devices (SIMs) in 30 days", "devices", ALL, False),
    ("places_24h", "近24小时小区数", "distinct cells in 24 hours", "cells", ALL, False),
    ("places_30d", "近30天小区数", "distinct cells in 30 days", "cells", ALL, False),
    ("place_top_share", "最常用小区占比", "share of located calls from the cell used most", "", ALL, False),
    ("gear_days", "换机后天数", "days since the present device came in place of another", "d", NUMBER_ONLY, False),
    ("gear_calls", "换机后呼出", "outgoing calls since that change of device", "calls", NUMBER_ONLY, False),
    ("gear_old_contacts", "换机后联系旧联系人次数", "of these, to contacts from before", "calls", NUMBER_ONLY, False),
    ("gear_old_places", "换机后在旧小区次数", "of these, from cells of before", "calls", NUMBER_ONLY, False),
    ("gear_before_days", "换机前活跃天数", "days active before that change", "d", NUMBER_ONLY, False),
    ("hour_out", "本小时呼出", "outgoing calls in this clock hour", "calls", ALL, False),
    (
        "hour_median",
        "同时段中位数",
        "median of the same hour on the days before",
        "calls",
        frozenset({EntityKind.CELL}),
        False,
    ),
    (
        "hour_mad",
        "同时段绝对中位差",
        "median absolute deviation of these",
        "calls",
        frozenset({EntityKind.CELL}),
        False,
    ),
    ("hour_days", "基线天数", "days behind that baseline", "d", frozenset({EntityKind.CELL}), False),
    ("level", "当前预警分", "score of its open alerts before this call", "score", ALL, False),
    ("number_kind", "号码类别", "kind of number", "code", NUMBER_ONLY, False),
    ("call_out", "本次为呼出", "this call is outgoing", "", CALLS_ONLY, True),
    ("call_answered", "本次接通", "this call was answered", "", ALL, True),
    ("call_talk_s", "本次通话秒数", "seconds talked on this call", "s", ALL, True),
    ("call_ring_s", "本次振铃秒数", "seconds this call rang", "s", CALLS_ONLY, True),
    ("call_hour", "本次发生时刻(时)", "local hour of this call", "h", ALL, True),
    ("call_international", "本次由国际来", "this call came in from abroad", "", CALLS_ONLY, True),
    ("call_far", "本次被叫归属地不同", "the other number belongs to another city", "", CALLS_ONLY, True),
    ("call_away", "主叫漫游在外省", "the number is outside its home province", "", CALLS_ONLY, True),
    ("call_local_here", "本次被叫归属漫游地", "the other number belongs where the caller is", "", CALLS_ONLY, True),
    ("call_forwarded", "本次带呼叫转移", "this call was forwarded", "", CALLS_ONLY, True),
    ("call_clir", "本次隐藏主叫", "the caller hid its number", "", CALLS_ONLY, True),
)


def _build() -> tuple[Field, ...]:
    rows: list[Field] = []
    for suffix, _, _, window_zh, window_en in WINDOWS:
        for name, zh, en, unit in COUNTERS:
            rows.append(Field(f"{name}_{suffix}", len(rows), window_zh + zh, f"{en} {window_en}", unit, ALL))
    words = {name: (zh, en, unit) for name, zh, en, unit in COUNTERS}
    for name in LONG_COUNTERS:
        zh, en, unit = words[name]
        suffix, _, _, window_zh, window_en = LONG_WINDOW
        rows.append(Field(f"{name}_{suffix}", len(rows), window_zh + zh, f"{en} {window_en}", unit, ALL))
    for name, zh, en, unit, kinds, of_call in _SCALARS:
        rows.append(Field(name, len(rows), zh, en, unit, kinds, of_call))
    return tuple(rows)


FIELDS: tuple[Field, ...] = _build()
BY_NAME: MappingProxyType[str, Field] = MappingProxyType({field.name: field for field in FIELDS})
FIELD_COUNT = len(FIELDS)
