"""Decides whether an identity document's number can be real, and hides it, for entry control and for subscriber tables.

GB 11643-1999 (居民身份证) and GB 32100-2015 (统一社会信用代码), both by python-stdnum (LGPL-2.1+, used as a library).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from fanzha import vocabulary
from fanzha.errors import UsageError

SHORTEST_KEY = 16
# Permanent residence cards of foreigners (外国人永久居留身份证) as issued since 1 December 2023:
# 9, two digits of the province, three of the country, then birth, serial and check digit as in GB 11643.
_FOREIGNER = "9"


@dataclass(frozen=True)
class Document:
    """A document's number as far as it says something. kind: 'id' (身份证), 'uscc' or '' where it is neither."""

    kind: str
    number: str = ""
    region: int = 0  # GB/T 2260 of the place of first registration; of a foreigner's card the province
    born: date | None = None
    sex: str = ""  # 'm' or 'f', as registered


def check_document(text: str) -> Document:
    """Read an ID card's number of 18 digits or a unified social credit code; kind '' where neither can be."""
    compact = "".join(char for char in text if char not in " -\t").upper()
    if len(compact) != 18 or not compact.isascii():
        return Document("")
    return _card(compact) or _uscc(compact)


def _card(compact: str) -> Document | None:
    if not compact[:17].isdigit() or ric.calc_check_digit(compact) != compact[17]:
        return None
    known = vocabulary.regions()
    foreign = compact[0] == _FOREIGNER
    province = int(compact[1:3] if foreign else compact[:2]) * 10000
    if province not in known.provinces and (foreign or province not in known.documents):
        return None
    try:
        born = ric.get_birth_date(compact)
    except ValidationError:
        return None
    if born > date.today():
        return None
    sex = "m" if int(compact[16]) % 2 else "f"
    return Document("id", compact, province if foreign else int(compact[:6]), born, sex)


def _uscc(compact: str) -> Document:
    try:
        return Document("uscc", uscc.validate(compact), int(compact[2:8]))
    except ValidationError:
        return Document("")


def hash_document(text: str, key: bytes) -> str:
    """Keyed BLAKE2b (RFC 7693) of a document's number, 32 hex digits: equal people are found, no number is kept.

    Spaces, hyphens and case do not matter. Without the key the few thousand million possible numbers cannot be tried.
    Raises UsageError if the key is shorter than 16 bytes or longer than 64.
    """
    if not SHORTEST_KEY <= len(key) <= 64:
        raise UsageError(
            f"a document key of {len(key)} bytes will not do", hint=f"give {SHORTEST_KEY} to 64 random bytes"
        )
    compact = "".join(char for char in text if char not in " -\t").upper()
    return hashlib.blake2b(compact.encode(), key=key, digest_size=16, person=b"fanzha-document").hexdigest()
