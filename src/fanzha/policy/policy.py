"""Decides what is enforced on one call: the entries that name it, its trunk's contract, how answers are said.

A Policy never changes: every snapshot and every delta makes another one, which a gateway swaps in between two calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime

from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.filing import IRREGULAR, Lane, Place, device_key, places
from fanzha.policy.peers import Peers
from fanzha.policy.profile import DEFAULT, Profile, shipped
from fanzha.policy.protected import protected_keys
from fanzha.policy.trunk import Trunk

_NARROW = {Subject.NUMBER: 0, Subject.DEVICE: 1, Subject.PREFIX: 2}


class Policy:
    """All that is enforced, at one version."""

    def __init__(
        self,
        *,
        version: int = 0,
        compiled_at: int = 0,
        signer: str = "",
        entries: Iterable[Entry] = (),
        trunks: Iterable[Trunk] = (),
        profiles: Mapping[str, Profile] | None = None,
        plan_as_of: date | None = None,
    ) -> None:
        """version: number of the newest snapshot or delta. compiled_at: UTC microseconds of that. signer: fingerprint
        of its key. profiles: beside or in place of the shipped ones. plan_as_of: day on which the number plan was true.
        """
        self.version = version
        self.compiled_at = compiled_at
        self.signer = signer
        self.plan_as_of = plan_as_of
        self.profiles: Mapping[str, Profile] = {**shipped(), **(profiles or {})}
        self.trunks: Mapping[str, Trunk] = {trunk.id: trunk for trunk in trunks}
        self._peers = Peers(self.trunks.values())
        self._protected = protected_keys()
        self._filed: dict[Place, tuple[Entry, ...]] = {}
        listed = list(entries)
        for place, entry in zip(places(listed), listed, strict=True):
            self._filed[place] = (*self._filed.get(place, ()), entry)
        self._lengths = {
            side: sorted({len(key) for at, key in self._filed if at is at_lane and isinstance(key, str)})
            for side, at_lane in ((Side.CALLER, Lane.CALLER_PREFIX), (Side.CALLEE, Lane.CALLEE_PREFIX))
        }

    def __len__(self) -> int:
        """How many entries there are, those not begun or already ended included."""
        return sum(len(entries) for entries in self._filed.values())

    def __iter__(self) -> Iterator[Entry]:
        for entries in self._filed.values():
            yield from entries

    def hit(
        self, side: Side, key: int | None, raw: str | None, device: str | None, region: int, at: int
    ) -> tuple[Entry, ...]:
        """The entries that name this party at this moment, hardest action first, a number before a prefix.

        key: the number's key, None or 0 if withheld. raw: as received, by which irregular prefixes are met. device:
        the caller's IMEI; looked at for the caller only. region: GB/T 2260 of where the call is served, 0 unknown: an
        entry for a region then does not hold. at: UTC microseconds; an entry holds from `starts` to before `expires`.
        An ALLOW entry comes last: what it outweighs is for `gateway.decide` to say.
        """
        caller = side is Side.CALLER
        found: list[Entry] = []
        if key:
            found += self._filed.get((Lane.CALLER if caller else Lane.CALLEE, key), ())
            for start in self._starts(side, key, raw):
                found += self._filed.get((Lane.CALLER_PREFIX if caller else Lane.CALLEE_PREFIX, start), ())
        if device and caller:
            imei = device_key(device)
            found += self._filed.get((Lane.DEVICE, imei), ()) if imei is not None else ()
        held = [entry for entry in found if entry.starts <= at < entry.expires and within(region, entry.region)]
        if len(held) > 1:
            held.sort(key=lambda entry: (-entry.action, _NARROW[entry.subject], -len(entry.value), entry.id))
        return tuple(held)

    def _starts(self, side: Side, key: int, raw: str | None) -> Iterator[str]:
        lengths = self._lengths[side]
        if not lengths:
            return
        text = str(key) if key > 0 else f"{IRREGULAR}{(raw or '').strip().removeprefix(IRREGULAR)}"
        for length in lengths:
            if length <= len(text):
                yield text[:length]

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
