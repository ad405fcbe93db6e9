"""Decides which policy is in force at a gateway: the last good one, whatever was sent since and however we died.

Every message is checked before it is kept, kept before it takes effect, and read back from the disk at the next start,
with or without the desk. Processes of a host share one folder: one takes, the others refresh.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from fanzha.policy.answers import check_profiles
from fanzha.policy.book import Book
from fanzha.policy.columns import compile_table, table_of
from fanzha.policy.contracts import check_trunks
from fanzha.policy.guard import check_book, check_share
from fanzha.policy.limits import limits
from fanzha.policy.overlay import Counts
from fanzha.policy.policy import Policy
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.refusals import Refusals
from fanzha.policy.sealed import Header, Sealed, open_sealed
from fanzha.policy.shelf import SUFFIX, Message, Shelf
from fanzha.policy.traffic import Seen, check_traffic

_LOG = logging.getLogger("fanzha.policy")
_HEARD_S = 10.0  # how often a word from the desk is written down


def now_us() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1000


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message: `taken` now, `known` already, or refused, and why. entries: in force afterwards.

    given entries = added + replaced + ended (left out of a snapshot, since they have ended); ids asked out = removed +
    unknown. micros: time until it was in force.
    """

    number: int
    taken: bool = False
    known: bool = False
    refusal: str = ""
    message: str = ""
    entries: int = 0
    added: int = 0
    replaced: int = 0
    ended: int = 0
    removed: int = 0
    unknown: int = 0
    micros: int = 0


class PolicyStore:
    """The policy of one folder. `current` is None until a policy was loaded or taken."""

    def __init__(
        self,
        folder: Path,
        trusted_keys: set[bytes],
        *,
        seen: Callable[[], Sequence[Seen]] = tuple,
        clock: Callable[[], int] = now_us,
    ) -> None:
        """trusted_keys: public keys of the desks we obey. seen: the calls that went through here of late, on which a
        new policy is tried first. clock: UTC microseconds. Raises StorageError for a folder that cannot be used.
        """
        self._shelf = Shelf(folder)
        self._trusted = trusted_keys
        self._seen = seen
        self._clock = clock
        self._turn = threading.RLock()  # threads of this process; other processes are kept apart by the shelf's lock
        self._stamp = 0
        self._heard_at = 0.0
        self.current: Policy | None = None
        self.refusals = Refusals(folder)
        self.damaged: list[str] = []

    @property
    def folder(self) -> Path:
        """Where the last good policy lies."""
        return self._shelf.folder

    @property
    def version(self) -> int:
        """Number of the newest message in force; 0 without a policy."""
        return self.current.version if self.current is not None else 0

    @property
    def entries(self) -> int:
        """How many entries are in force."""
        return 0 if self.current is None else len(self.current)

    def load(self) -> Policy | None:
        """The last good policy on disk: the newest snapshot that is whole, and the deltas after it. None if there is
        none. What is damaged is left out, named in `damaged`, and asked for again by the next `follow`.
        """
        with self._turn:
            self._stamp = self._shelf.changed()
            self.current = None
            self.damaged = []
            messages = self._shelf.messages()
            for message in reversed([message for message in messages if message.is_snapshot]):
                if self._restore(message):
                    break
            self._catch_up(messages)
            return self.current

    def refresh(self) -> bool:
        """Take up what another process of this host has taken; whether anything was new. Costs a stat if nothing was.

        A new snapshot is hashed whole: about a second for ten million entries, outside the interpreter lock.
        """
        stamp = self._shelf.changed()
        if stamp and stamp == self._stamp:
            return False
        with self._turn:
            before = self.version
            messages = self._shelf.messages()
            newest = [message for message in messages if message.is_snapshot and message.number > before]
            if newest:
                self._restore(newest[-1])
            self._catch_up(messages)
            self._stamp = stamp
            return self.version != before

    def take(self, message: bytes | Path) -> Receipt:
        """Check a message, keep it on disk, put it in force; or say why not, and leave all as it was.

        A repetition of what was taken already is `known`. Raises StorageError only where the disk fails.
        """
        try:
            return self.accept(message)
        except Refused as refused:
            return Receipt(
                number=refused.number, refusal=refused.refusal.value, message=str(refused), entries=self.entries
            )

    def accept(self, message: bytes | Path) -> Receipt:
        """`take`, for whoever publishes: raises Refused, noted down all the same, where the message is refused."""
        started = time.perf_counter_ns()
        with self._turn, self._shelf.locked():
            self.refresh()
            fresh = self._shelf.spool(message)
            try:
                counts = self._accept(fresh)
            except Refused as refused:
                self.refusals.note(refused, self._clock())
                raise
            finally:
                fresh.unlink(missing_ok=True)
        micros = (time.perf_counter_ns() - started) // 1000
        return msgspec.structs.replace(counts, entries=self.entries, micros=micros)

    def _accept(self, fresh: Path) -> Receipt:
        sealed = self._opened(fresh)
        number, suffix = sealed.header.number, SUFFIX[sealed.header.kind]
        if number <= self.version and self._shelf.has(fresh, number, suffix):
            return Receipt(number=number, known=True)
        try:
            policy, counts = self._judged(sealed)
        except Refused as refused:
            refused.number = number
            raise
        kept = self._shelf.keep(fresh, number, suffix)
        self.damaged = [name for name in self.damaged if name != kept]
        self.current = policy
        self._stamp = self._shelf.changed()
        if sealed.header.kind == "snapshot":
            self._shelf.prune()
        return Receipt(number=number, taken=True, **counts._asdict())

    def heard(self) -> None:
        """The desk has just answered, if only that there is nothing new."""
        if time.monotonic() - self._heard_at >= _HEARD_S or not self._heard_at:
            self._heard_at = time.monotonic()
            with suppress(OSError):  # a full disk is told by what matters more
                (self.folder / "heard").write_text(str(self._clock()), encoding="ascii")

    def heard_at(self) -> int | None:
        """When the desk last answered any process of this host, UTC microseconds; None if never."""
        try:
            return int((self.folder / "heard").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def age_s(self) -> float | None:
        """Seconds since the policy in force was published; None without one."""
        return None if self.current is None else max(self._clock() - self.current.compiled_at, 0) / 1e6

    def _opened(self, fresh: Path) -> Sealed:
        size = fresh.stat().st_size
        if size > limits().message_bytes:
            raise Refused(Refusal.SIZE, f"a message of {size:,} bytes, more than {limits().message_bytes:,}")
        return open_sealed(fresh, self._trusted)

    def _judged(self, sealed: Sealed) -> tuple[Policy, Counts]:
        """The policy after this message. Raises Refused."""
        header, current = sealed.header, self.current
        if header.number <= self.version:
            raise Refused(
                Refusal.LOWER,
                f"number {header.number} is not above {self.version}, which is in force",
                hint="if the desk was set up anew, move this gateway's policy folder away and start it again",
            )
        if header.kind == "snapshot":
            policy, counts = _snapshot(sealed)
        elif current is None or header.number != self.version + 1:
            raise Refused(Refusal.SKIPPED, f"delta {header.number} does not follow {self.version}")
        else:
            policy, counts = _delta(sealed, current)
        check_profiles(header.profiles)
        check_trunks(header.trunks, policy.profiles)
        check_share(policy)
        check_traffic(current, policy, self._seen(), self._clock())
        return policy, counts

    def _restore(self, message: Message) -> bool:
        """Put a snapshot of the shelf in force, if it is whole."""
        try:
            sealed = open_sealed(message.path, self._trusted)
            self.current = _policy(sealed, _book(sealed))
        except (Refused, OSError) as error:
            self._note_damage(message, error)
            return False
        return True

    def _catch_up(self, messages: list[Message]) -> None:
        """Put in force the deltas that follow, as far as they go without a gap."""
        if self.current is None:
            return
        headers: list[Header] = []
        for message in messages:
            if message.is_snapshot or message.number != self.version + len(headers) + 1:
                continue
            try:
                headers.append(open_sealed(message.path, self._trusted).header)
            except (Refused, OSError) as error:
                self._note_damage(message, error)
                break
        if headers:
            self.current, _ = self.current.changed(*headers)

    def _note_damage(self, message: Message, error: Exception) -> None:
        if message.path.name in self.damaged:
            return
        self.damaged.append(message.path.name)
        _LOG.error("kept policy cannot be used (本地策略损坏): %s: %s", message.path.name, error)


def _book(sealed: Sealed) -> Book:
    return Book(sealed.header.lanes, sealed.header.terms, sealed.columns, sealed.forget)


def _policy(sealed: Sealed, book: Book) -> Policy:
    header = sealed.header
    return Policy(
        version=header.number,
        compiled_at=header.made_at,
        signer=sealed.signer,
        trunks=header.trunks,
        profiles=header.profiles,
        plan_as_of=header.plan_as_of,
        book=book,
    )


def _snapshot(sealed: Sealed) -> tuple[Policy, Counts]:
    book = _book(sealed)
    if len(book) > limits().snapshot_entries:
        raise Refused(Refusal.SIZE, f"{len(book):,} entries, more than {limits().snapshot_entries:,}")
    check_book(book)
    policy = _policy(sealed, book)
    _check_overlay(policy)
    return policy, Counts(added=len(book))


def _delta(sealed: Sealed, current: Policy) -> tuple[Policy, Counts]:
    header = sealed.header
    changes = len(header.add) + len(header.remove)
    if changes > limits().delta_entries:
        raise Refused(Refusal.SIZE, f"a delta of {changes:,} entries, more than {limits().delta_entries:,}")
    check_book(Book.of(compile_table(table_of(header.add), 0)))
    policy, counts = current.changed(header)
    _check_overlay(policy)
    return policy, counts


def _check_overlay(policy: Policy) -> None:
    if policy.changes > limits().overlay_entries:
        raise Refused(
            Refusal.SIZE,
            f"{policy.changes:,} entries beside the snapshot, more than {limits().overlay_entries:,}",
            hint="publish a new snapshot",
        )
