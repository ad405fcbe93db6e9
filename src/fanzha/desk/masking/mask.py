"""Decides how a number, device, name or document is shown to whoever has not asked to see it in full."""

from __future__ import annotations

import re
from functools import lru_cache

from fanzha import numbering

# Family names of two characters; all others are one (common ones of GB/T 7408-style lists, kept short on purpose).
_LONG_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯")

# Eleven digits or more, and a mobile number written in groups; dates and document numbers of offices stay.
_LONG = re.compile(r"\+?[0-9]{11,}[Xx]?|(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9](?:[ -][0-9]{4}){2}(?![0-9])")
_MAIL = re.compile(r"(?<![A-Za-z0-9_.+-])([A-Za-z0-9_.+-])[A-Za-z0-9_.+-]*(?=@\w)")
_DOCUMENT = 15  # digits of an identity document of old at least; cards of banks have more


@lru_cache(maxsize=20_000)
def mask(kind: str, value: str) -> str:
    """`value` with what tells one person from another hidden; kinds: number, device, cell, name, document."""
    if kind == "cell":
        return value
    if kind == "name":
        return mask_name(value)
    if kind == "document":
        return mask_document(value)
    return numbering.mask(value)


def mask_text(text: str) -> str:
    """What people wrote, with every number, document, card number and mail address in it hidden."""
    text = _LONG.sub(lambda found: _hidden(found[0].replace(" ", "").replace("-", "")), text)
    return _MAIL.sub(r"\1***", text)


def _hidden(run: str) -> str:
    return mask_document(run) if len(run) >= _DOCUMENT else numbering.mask(run)


def mask_name(name: str) -> str:
    """张三 -> 张*, 欧阳修 -> 欧阳*, John Smith -> J***."""
    if not name:
        return ""
    if name.isascii():
        return f"{name[0]}***"
    kept = 2 if name.startswith(_LONG_SURNAMES) and len(name) > 2 else 1
    return name[:kept] + "*" * max(1, len(name) - kept)


def mask_document(text: str) -> str:
    """420106199001011234 -> 420***********1234 (domain 2.10: first 3, last 4)."""
    if len(text) <= 7:
        return "*" * len(text)
    return text[:3] + "*" * (len(text) - 7) + text[-4:]
