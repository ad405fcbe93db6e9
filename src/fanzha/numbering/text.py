"""Decides how one number is shown to a person and read back from one: the console's side of keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fanzha import vocabulary as words
from fanzha.numbering.codes import Form, Kind, Why, Written
from fanzha.numbering.holders import carrier_of, kind_of
from fanzha.numbering.numbers import normalise
from fanzha.numbering.places import region_of
from fanzha.numbering.scan import CLASS_OPAQUE

WITHHELD_WORD = "withheld"
# What the kernel trims from both ends of a raw string (raw.blank).
BLANKS = (
    "".join(map(chr, [*range(33), *range(0x2000, 0x2010), *range(0x2028, 0x2030)])) + "\"',:;<=>`|\x7f\xa0\u3000\ufeff"
)
_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")
# Kinds that name an office, not a person: nothing of them is masked.
PUBLIC_KINDS = {
    Kind.SERVICE, Kind.EMERGENCY, Kind.HOTLINE_95, Kind.CALL_CENTRE_95, Kind.LOCAL_96, Kind.FREEPHONE_400,
    Kind.FREEPHONE_800, Kind.SMS_PORT, Kind.WITHHELD,
}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """All that one number says by itself. region: GB/T 2260, 0 unknown; carrier: holder of the block, 0 unknown."""

    number: int
    kind: Kind
    form: Form
    why: Why
    written: Written
    region: int
    region_zh: str
    region_en: str
    carrier: int
    carrier_zh: str
    carrier_en: str


def display(number: int, raw: str | None = None) -> str:
    """The key as people and JSON see it: +8613812345678, +86110, irregular:RAW, opaque:RAW, withheld.

    The two kinds of key with a 0 after the 86 are shown as dialled at home (1066123567, 0951110). Without `raw` an
    irregular number is shown by its hash, as irregular:#0123456789abcdef. `parse` and `normalise` read all but that
    last form back to the same key; `parse` reads that one too.
    """
    if number > 0:
        text = str(number)
        if text.startswith("8601"):
            return text[3:]
        return text[2:] if text.startswith("860") else f"+{text}"
    if number == 0:
        return WITHHELD_WORD
    head = "opaque:" if (-1 - number) >> 60 == CLASS_OPAQUE else "irregular:"
    if raw is None:
        return f"{head}#{-number:016x}"
    bare = raw.strip(BLANKS)
    return bare if bare.lower().startswith(head) else head + bare


def parse(text: str, *, area: str | None = None) -> Number:
    """One number as a person types it, or as `display` wrote it. Never raises for what the text holds."""
    hashed = re.fullmatch(r"\s*(?:irregular|opaque):#([0-9a-f]{16})\s*", text)
    found = normalise(pa.array([text], pa.string()), area=area)
    number = -int(hashed[1], 16) if hashed else int(found.number[0])
    keys = np.array([number], np.int64)
    region, carrier = int(region_of(keys)[0]), int(carrier_of(keys)[0])
    holder = next(row for row in words.carriers().carriers.values() if row.code == carrier)
    zh, en = region_names(region)
    return Number(
        number=number,
        kind=Kind(kind_of(keys)[0]),
        form=Form(found.form[0]),
        why=Why(found.why[0]),
        written=Written(found.written[0]),
        region=region,
        region_zh=zh,
        region_en=en,
        carrier=carrier,
        carrier_zh=holder.zh,
        carrier_en=holder.en,
    )


def kind_words(kind: int) -> tuple[str, str]:
    """Chinese and English name of a kind of number by its code. Raises ValueError for none."""
    found = words.number_words().kinds[Kind(kind).name.lower()]
    return found.zh, found.en


def region_names(region: int) -> tuple[str, str]:
    """Chinese and English name of a city or province by its code; empty where unknown."""
    known = words.regions()
    province, city = known.provinces.get(region // 10000 * 10000), known.cities.get(region)
    if province is None:
        return "", ""
    if city is None or city.zh == province.zh:
        return province.zh, province.en
    return province.zh + city.zh, f"{city.en}, {province.en}"


def mask(text: str) -> str:
    """Hide the digits that tell one person from another: 138****5678; hotlines and short codes stay whole."""
    if _MOBILE.fullmatch(text):  # most of what is masked, a thousand times quicker than to read it
        return f"{text[:6]}****{text[-4:]}"
    head, colon, rest = text.partition(":")
    if colon and head in ("irregular", "opaque"):
        return f"{head}:****{rest[-4:] if len(rest) > 8 else ''}"
    if Kind(normalise(pa.array([text], pa.string())).kind[0]) in PUBLIC_KINDS:
        return text
    places = [at for at, char in enumerate(text) if char.isdigit()]
    hidden = set(places[-8:-4] if len(places) >= 8 else places[:-2])
    return "".join("*" if at in hidden else char for at, char in enumerate(text))


def is_emergency(number: int | str) -> bool:
    """Whether a key or a dialled string is an emergency number, with or without an area code: such calls always pass.

    For columns: `kind_of(numbers) == Kind.EMERGENCY`.
    """
    if isinstance(number, str):
        return bool(normalise(pa.array([number], pa.string())).kind[0] == Kind.EMERGENCY)
    return bool(kind_of(np.array([number], np.int64))[0] == Kind.EMERGENCY)
