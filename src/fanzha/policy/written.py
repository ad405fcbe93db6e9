"""Decides how people write lists, trunk contracts and code profiles in YAML, and what of that is wrong, by its line."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fanzha.errors import FanzhaError, VocabularyError
from fanzha.numbering import TrunkContract, parse
from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.moments import moment
from fanzha.policy.profile import Profile
from fanzha.policy.trunk import Exemption, Ingress, SpecialUser, Trunk
from fanzha.vocabulary.loader import Document, Key, decode, read

When = Any  # a date or a text with a time: YAML has a type for the one only, and `_moment` judges both
_HINT = "write 2026-11-22, 2026-11-22T08:00 or 2026-11-22T08:00+08:00"
_FIELDS = "docs/policy.md tells every field (各字段见 docs/policy.md)"


class WrittenEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: exactly one of number, prefix and device. Without an id, it is named after what it says."""

    action: str
    reason: str
    source: str
    expires: When
    starts: When = None
    number: str = ""
    prefix: str = ""
    device: str = ""
    id: str = ""
    side: Side = Side.CALLER
    region: int = 0
    rule: str = ""
    basis: str = ""
    per_minute: int = 0


class WrittenUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An exemption of a trunk; number "*" is whoever calls over it."""

    number: str
    approver: str
    expires: When
    exemption: Exemption


class WrittenTrunk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trunk; `permitted` as contracts have it ("057188880000-057188889999;4001234567;0571888*")."""

    id: str
    owner: str
    peers: tuple[str, ...] = ()
    ingress: Ingress = "trunk"
    permitted: str | None = None
    special: tuple[WrittenUser, ...] = ()
    profile: str = ""
    region: int = 0
    area: str = ""


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file."""

    source: str
    as_of: date
    entries: tuple[WrittenEntry, ...] = ()
    trunks: tuple[WrittenTrunk, ...] = ()
    profiles: tuple[Profile, ...] = ()


class Content(NamedTuple):
    """What a file says."""

    entries: list[Entry]
    trunks: list[Trunk]
    profiles: list[Profile]


def read_written(path: Path, now: int) -> Content:
    """Read one file. now: when an entry without `starts` begins, UTC microseconds. Raises VocabularyError, by line."""
    document = read(path)
    written = decode(document, Written, _FIELDS)
    entries = [_entry(document, at, row, now) for at, row in enumerate(written.entries)]
    trunks = [_trunk(document, at, row) for at, row in enumerate(written.trunks)]
    return Content(entries, trunks, list(written.profiles))


def _entry(document: Document, at: int, row: WrittenEntry, now: int) -> Entry:
    where: tuple[Key, ...] = ("entries", at)
    given = [(subject, value) for subject in Subject if (value := getattr(row, subject.value))]
    if len(given) != 1:
        raise VocabularyError("an entry names one number, prefix or device", where=document.where(*where))
    subject, value = given[0]
    action = row.action.upper()
    if action not in Action.__members__:
        known = ", ".join(known.name.lower() for known in Action)
        raise VocabularyError(
            f"{row.action!r} is no action", where=document.where(*where, "action"), hint=f"one of {known}"
        )
    return Entry(
        id=row.id or name_of(subject.value, row.side.value, value, row.action.lower(), row.region),
        subject=subject,
        value=value,
        action=Action[action],
        reason=row.reason,
        source=row.source,
        starts=now if row.starts is None else _moment(document, (*where, "starts"), row.starts),
        expires=_moment(document, (*where, "expires"), row.expires, last=True),
        side=row.side,
        region=row.region,
        rule=row.rule,
        basis=row.basis,
        per_minute=row.per_minute,
    )


def name_of(subject: str, side: str, value: str, action: str, region: int) -> str:
    """The id of an entry that has none: the same entry written again is the same, and its name shows no number."""
    said = f"{subject}:{side}:{value}:{region}"
    return f"{action}-{hashlib.blake2b(said.encode(), digest_size=8).hexdigest()}"


def _trunk(document: Document, at: int, row: WrittenTrunk) -> Trunk:
    where: tuple[Key, ...] = ("trunks", at)
    ranges = None
    if row.permitted is not None:
        try:
            contract = TrunkContract.parse(row.permitted, area=row.area or None)
        except FanzhaError as error:
            raise VocabularyError(error.message, where=document.where(*where, "permitted"), hint=error.hint) from None
        ranges = tuple(zip(contract.first.tolist(), contract.last.tolist(), strict=True))
    special = []
    for index, user in enumerate(row.special):
        key = 0 if user.number == "*" else parse(user.number, area=row.area or None).number
        expires = _moment(document, (*where, "special", index, "expires"), user.expires, last=True)
        special.append(
            SpecialUser(number=user.number, key=key, approver=user.approver, expires=expires, exemption=user.exemption)
        )
    return Trunk(
        id=row.id,
        owner=row.owner,
        peers=row.peers,
        ingress=row.ingress,
        ranges=ranges,
        special=tuple(special),
        profile=row.profile,
        region=row.region,
        area=row.area,
    )


def _moment(document: Document, path: tuple[Key, ...], text: When, *, last: bool = False) -> int:
    found = moment(text, last=last) if isinstance(text, (date, str)) else None
    if found is None:
        raise VocabularyError(f"{text!r} is no date or time", where=document.where(*path), hint=_HINT)
    return found
