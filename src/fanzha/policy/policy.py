"""Decides what is enforced on one call: the entries that name it, its trunk's contract, how answers are said.

A Policy never changes: every snapshot and every delta makes another one, which a gateway swaps in between two calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import UTC, date, datetime

from fanzha.policy.action import Action
from fanzha.policy.book import Book
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.filing import Lane, device_key
from fanzha.policy.overlay import Counts, Overlay
from fanzha.policy.peers import Peers
from fanzha.policy.profile import DEFAULT, Profile, shipped
from fanzha.policy.protected import protected_keys
from fanzha.policy.sealed import Header
from fanzha.policy.trunk import Trunk
from fanzha.signing.keys import fingerprint

_NARROW = {Subject.NUMBER: 0, Subject.DEVICE: 1, Subject.PREFIX: 2}
_CALLER, _CALLEE = (Lane.CALLER, Lane.CALLER_PREFIX), (Lane.CALLEE, Lane.CALLEE_PREFIX)


class Policy:
    """All that is enforced, at one version: a snapshot's book with what deltas have changed since."""

    def __init__(
        self,
        *,
        version: int = 0,
        compiled_at: int = 0,
        signer: str = "",
        entries: Iterable[Entry] = (),
        trunks: Iterable[Trunk] = (),
        profiles: Iterable[Profile] = (),
        plan_as_of: date | None = None,
        book: Book | None = None,
    ) -> None:
        """version: number of the newest snapshot or delta. compiled_at: UTC microseconds of that. signer: fingerprint
        of its key. entries: beside those of the book. profiles: beside or in place of the shipped ones. plan_as_of:
        the day on which the number plan was true, by whoever published this.
        """
        self.version = version
        self.snapshot = version
        self.compiled_at = compiled_at
        self.signer = signer
        self.plan_as_of = plan_as_of
        self.profiles: Mapping[str, Profile] = {**shipped(), **{profile.name: profile for profile in profiles}}
        self.trunks: Mapping[str, Trunk] = {trunk.id: trunk for trunk in trunks}
        self._peers = Peers(self.trunks.values())
        self._protected = protected_keys()
        self._book = book
        self._overlay, _ = Overlay(book).changed([(tuple(entries), ())])

    def changed(self, *deltas: Header) -> tuple[Policy, Counts]:
        """The policy after some deltas, in order, and what they did."""
        made = copy(self)
        trunks, profiles = dict(self.trunks), dict(self.profiles)
        for header in deltas:
            made.version, made.compiled_at = header.number, header.made_at
            made.signer = fingerprint(bytes.fromhex(header.signer))
            made.plan_as_of = header.plan_as_of or made.plan_as_of
            profiles.update({profile.name: profile for profile in header.profiles})
            for name in header.trunks_removed:
                trunks.pop(name, None)
            trunks.update({trunk.id: trunk for trunk in header.trunks})
        made.profiles = profiles
        if any(header.trunks or header.trunks_removed for header in deltas):
            made.trunks, made._peers = trunks, Peers(trunks.values())
        made._overlay, counts = self._overlay.changed([(header.add, header.remove) for header in deltas])
        return made, counts

    def __len__(self) -> int:
        """How many entries there are, those not begun or already ended included."""
        return (len(self._book) if self._book is not None else 0) - len(self._overlay.hidden) + len(self._overlay)

    def __iter__(self) -> Iterator[Entry]:
        if self._book is not None:
            yield from (self._book.entry(row) for row in range(len(self._book)) if row not in self._overlay.hidden)
        yield from self._overlay

    @property
    def deltas(self) -> int:
        """How many deltas there were since the snapshot."""
        return self.version - self.snapshot

    @property
    def changes(self) -> int:
        """Entries put in by deltas, and prefixes: what is held in memory of each process beside the snapshot."""
        return len(self._overlay)

    def prefixes(self) -> Iterator[Entry]:
        """All entries on prefixes."""
        return self._overlay.prefixes()

    def entry(self, identity: str) -> Entry | None:
        """The entry with this id."""
        return self._overlay.entry(identity)

    def hit(
        self, side: Side, key: int | None, raw: str | None, device: str | None, region: int, at: int
    ) -> tuple[Entry, ...]:
        """The entries that name this party at this moment, hardest action first, a number before a prefix.

        key: the number's key, None or 0 if withheld. raw: as received, by which irregular prefixes are met. device:
        the caller's IMEI; looked at for the caller only. region: GB/T 2260 of where the call is served, 0 unknown: an
        entry for a region then does not hold. at: UTC microseconds; an entry holds from `starts` to before `expires`.
        A protected number is never hit by more than a label. An ALLOW entry comes last: what it outweighs is for
        `gateway.decide` to say.
        """
        found: list[Entry] = []
        if key:
            lane, prefixes = _CALLER if side is Side.CALLER else _CALLEE
            self._listed(lane, key, found)
            if self._overlay.lengths[prefixes]:
                for start in self._overlay.starts(prefixes, key, raw):
                    found += self._overlay.found(prefixes, start)
        if device and side is Side.CALLER:
            imei = device_key(device)
            if imei is not None:
                self._listed(Lane.DEVICE, imei, found)
        if not found:
            return ()
        most = Action.LABEL if key in self._protected else Action.BLOCK
        held = [
            entry
            for entry in found
            if entry.starts <= at < entry.expires and entry.action <= most and within(region, entry.region)
        ]
        if len(held) > 1:
            held.sort(key=lambda entry: (-entry.action, _NARROW[entry.subject], -len(entry.value), entry.id))
        return tuple(held)

    def to_come(self, side: Side, key: int, region: int, at: int) -> list[Entry]:
        """The entries that name this number now or, not having begun, will some day: what a change will have done."""
        if not key:
            return []
        found: list[Entry] = []
        lane, prefixes = _CALLER if side is Side.CALLER else _CALLEE
        self._listed(lane, key, found)
        for start in self._overlay.starts(prefixes, key, None):
            found += self._overlay.found(prefixes, start)
        most = Action.LABEL if key in self._protected else Action.BLOCK
        return [
            entry for entry in found if at < entry.expires and entry.action <= most and within(region, entry.region)
        ]

    def _listed(self, lane: Lane, key: int, found: list[Entry]) -> None:
        overlay, book = self._overlay, self._book
        if book is not None:
            rows = book.find(lane, key)
            if rows:
                found += [book.met(row) for row in rows if row not in overlay.hidden]
        changed = overlay.filed[lane].get(key)
        if changed:
            found += changed

    def contract(self, trunk: str | None) -> Trunk | None:
        """The trunk of that name; None where it is not registered."""
        return self.trunks.get(trunk) if trunk else None

    def trunk_of(self, peer: str | None) -> str | None:
        """Name of the trunk over which this address ("10.0.0.1", "10.0.0.1:5060") sends; the narrowest network wins."""
        return self._peers.trunk(peer) if peer else None

    def profile(self, name: str = "") -> Profile:
        """The code profile of that name, else the default one."""
        return self.profiles.get(name) or self.profiles[DEFAULT]

    def protected(self, key: int | None) -> bool:
        """Whether this is an emergency or public-service number, to which every call passes."""
        return key in self._protected

    def plan_fresh(self, at: int, max_age_days: int) -> bool:
        """Whether the number plan is young enough at this moment (UTC microseconds) to block and not only label."""
        if self.plan_as_of is None:
            return False
        return (datetime.fromtimestamp(at / 1e6, UTC).date() - self.plan_as_of).days <= max_age_days


def within(region: int, scope: int) -> bool:
    """Whether a region (six digits, zeros where only the province or city is known) lies in a scope of 2, 4 or 6."""
    if scope == 0:
        return True
    low, high = bounds(scope)
    return low <= region <= high


def bounds(scope: int) -> tuple[int, int]:
    """First and last six-digit code of a scope: 33, 330000 -> 330000..339999; 3301, 330100 -> 330100..330199."""
    while scope < 100000:
        scope *= 100
    if scope % 10000 == 0:
        return scope, scope + 9999
    return (scope, scope + 99) if scope % 100 == 0 else (scope, scope)
