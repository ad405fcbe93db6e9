"""Decides what leaves the desk: snapshots and deltas, numbered, signed, and judged as every gateway will judge them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow as pa
from msgspec.structs import replace

from fanzha import signing
from fanzha.numbering import plan
from fanzha.policy.columns import Array, Compiled, compile_table, table_of
from fanzha.policy.entry import Entry
from fanzha.policy.filing import spelt
from fanzha.policy.limits import limits
from fanzha.policy.profile import Profile, shipped
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.sealed import Header, read_header, seal
from fanzha.policy.shelf import Shelf
from fanzha.policy.store import PolicyStore, Receipt, now_us
from fanzha.policy.traffic import Seen
from fanzha.policy.trunk import Trunk


class Publisher:
    """Writes the messages of one desk into a folder, from which any PolicySource serves them.

    A publication with a `batch` that was published since the last but one snapshot does nothing again: whoever was
    killed between publishing and noting it down may simply repeat it.
    """

    def __init__(
        self,
        folder: Path,
        secret: bytes,
        *,
        seen: Callable[[], Sequence[Seen]] = tuple,
        clock: Callable[[], int] = now_us,
    ) -> None:
        """secret: the Ed25519 key that signs. seen, clock: as of a PolicyStore."""
        self._secret = secret
        self._clock = clock
        self._trusted = {signing.public_key(secret)}
        self._store = PolicyStore(folder, self._trusted, seen=seen, clock=clock)
        self._store.load()
        self._shelf = Shelf(folder)
        self._batches: dict[str, int] = {}  # batch -> number, of messages up to `_read`
        self._read = 0

    @property
    def store(self) -> PolicyStore:
        """What is published, as a gateway would have it in force."""
        return self._store

    def snapshot(
        self,
        entries: Iterable[Entry] | pa.Table,
        *,
        trunks: Sequence[Trunk] = (),
        profiles: Sequence[Profile] = (),
        plan_as_of: date | None = None,
        batch: str = "",
    ) -> Receipt:
        """Publish all that is in force. entries: a table of columns.SCHEMA, or entries one by one; those that have
        ended are left out. plan_as_of: of the number plan here if not given. Raises Refused where it would do harm.
        """
        table = entries if isinstance(entries, pa.Table) else table_of(entries)
        compiled = compile_table(table, self._clock())
        return self._publish(
            Header(
                kind="snapshot",
                number=0,
                made_at=0,
                signer="",
                batch=batch,
                plan_as_of=plan_as_of or plan.current().as_of,
                trunks=tuple(trunks),
                profiles=tuple(profiles),
                lanes=compiled.lanes,
                terms=compiled.terms,
            ),
            compiled,
        )

    def delta(
        self,
        add: Sequence[Entry] = (),
        remove: Sequence[str] = (),
        *,
        trunks: Sequence[Trunk] = (),
        trunks_removed: Sequence[str] = (),
        profiles: Sequence[Profile] = (),
        batch: str = "",
    ) -> Receipt:
        """Publish a change: entries and trunks put in (in place of those with the same id), ids taken out.

        Raises Refused where it would do harm, or nothing was published before.
        """
        header = Header(
            kind="delta",
            number=0,
            made_at=0,
            signer="",
            batch=batch,
            trunks=tuple(trunks),
            trunks_removed=tuple(trunks_removed),
            profiles=tuple(profiles),
            add=tuple(spelt(add)),
            remove=tuple(remove),
        )
        return self._publish(header, None)

    @property
    def due(self) -> bool:
        """Whether so much was changed by deltas that a new snapshot should take them in (see `compact`)."""
        policy = self._store.current
        if policy is None:
            return False
        return policy.deltas >= limits().deltas_due or policy.changes * 2 >= limits().overlay_entries

    def compact(self) -> Receipt:
        """Publish what is in force as a new snapshot. Takes a minute or two for ten million entries."""
        policy = self._store.current
        if policy is None:
            raise Refused(Refusal.SKIPPED, "nothing was published yet", hint="publish a snapshot first")
        own = [profile for name, profile in policy.profiles.items() if profile != shipped().get(name)]
        return self.snapshot(policy, trunks=list(policy.trunks.values()), profiles=own, plan_as_of=policy.plan_as_of)

    def _publish(self, header: Header, compiled: Compiled | None) -> Receipt:
        with self._shelf.locked("publisher.lock"):
            self._store.refresh()
            done = self._done(header.batch)
            if done:
                return Receipt(number=done, known=True, entries=self._store.entries)
            whole = replace(header, number=self._store.version + 1, made_at=self._clock())
            arrays: list[tuple[str, Array]] = list(compiled.arrays.items()) if compiled else []
            fresh = self._shelf.folder / f".sealing.{os.getpid()}"
            try:
                with fresh.open("wb") as file:
                    seal(file, whole, arrays, self._secret)
                return replace(self._store.accept(fresh), ended=compiled.ended if compiled else 0)
            finally:
                fresh.unlink(missing_ok=True)

    def _done(self, batch: str) -> int:
        """The number under which this batch was published; 0 if it was not."""
        if not batch:
            return 0
        messages = self._shelf.messages()
        for message in messages:
            if message.number > self._read:
                with suppress(Refused):
                    self._batches[read_header(message.path, self._trusted).batch] = message.number
                self._read = message.number
        if len(self._batches) > 2 * len(messages):
            self._batches = {name: at for name, at in self._batches.items() if at >= messages[0].number}
        return self._batches.get(batch, 0)
