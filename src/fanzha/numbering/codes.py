"""Decides the small codes that number columns hold: what a number is, whether its form is right, how it was written.

Codes are stored in files: never renumber one, only add. Names for people are in vocabulary/number_words.yaml.
"""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What a number is, by its shape alone."""

    UNKNOWN = 0
    MOBILE = 1
    MVNO = 2  # 虚拟运营商 (移动转售)
    IOT = 3  # 物联网, 13 digits
    DATA = 4  # 上网卡
    FIXED = 5  # 固话
    SERVICE = 6  # 10086, 12345 ...
    EMERGENCY = 7  # 110, 119, 120, 122, 95110, 12110
    HOTLINE_95 = 8  # banks and other big companies
    CALL_CENTRE_95 = 9  # 950, 951, 952, 954, 957: call centres as a service
    LOCAL_96 = 10
    FREEPHONE_400 = 11
    FREEPHONE_800 = 12
    MASKED_700 = 13  # 隐私号 (AXB), 15 digits
    SMS_PORT = 14  # 106 短信端口
    INTERNATIONAL = 15
    SATELLITE = 16
    MARITIME = 17
    EMERGENCY_COMMS = 18  # 应急通信 17406-12
    IRREGULAR = 19
    OPAQUE = 20  # the source hashed its numbers
    WITHHELD = 21


class Form(IntEnum):
    """Whether the number could be anybody's."""

    UNKNOWN = 0  # no verdict: withheld, opaque, or a local number whose area is not known
    WELL_FORMED = 1
    IRREGULAR = 2
    UNASSIGNED = 3  # rests on plan data, which ages


class Why(IntEnum):
    """Why the form is not plainly right."""

    NONE = 0
    WITHHELD = 1
    OPAQUE = 2
    NO_AREA = 3  # a local number, and nobody said of which area
    NOT_DIGITS = 4
    TOO_LONG = 5
    LENGTH = 6  # the class exists, its numbers are not of this length
    PREFIX = 7  # no class begins so
    PADDED = 8  # a hotline with digits around it
    NO_COUNTRY = 9
    FOREIGN_LENGTH = 10
    BLOCK = 11  # the block is assigned to nobody
    AREA = 12  # no such area code
    MERGED_AREA = 13  # an area code that is no longer dialled
    SHORT = 14  # a short code that is not in the plan: an extension, perhaps


class Written(IntEnum):
    """How the source wrote the number: the false-CLI rules turn on it."""

    NATIONAL = 0  # 13812345678, 95588
    TRUNK_ZERO = 1  # 057188880000
    PLUS = 2  # +86...
    DOUBLE_ZERO = 3  # 0086...
    BARE_86 = 4  # 8613812345678
    LOCAL = 5  # 88880000, completed with the area given
