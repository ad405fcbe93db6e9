"""Decides how a number, device, name or document is shown to whoever has not asked to see it in full."""

from __future__ import annotations

from functools import lru_cache

from fanzha import numbering

# Family names of two characters; all others are one (common ones of GB/T 7408-style lists, kept short on purpose).
_LONG_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯")


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
