"""Decides which model of a network speaks: versions lie side by side, signed, and one file names the released one.

FANZHA_HOME/models/NETWORK/
  0001/ 0002/ ...   a version: the model, lineage.json, its cards, what it was trained on in figures; signed as a whole
  released.json     who released which version when and why; written whole or not at all, the newest act last
A version is never changed and never deleted here, so going back is one act.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fanzha.detection.learning.contest import Contest
from fanzha.detection.models.model import Model
from fanzha.detection.models.store import read_signed
from fanzha.detection.outcomes import put_in_place
from fanzha.errors import ModelError, Refused, StorageError

LINEAGE = "lineage.json"
REFERENCE = "reference.json"
_DAMAGED = "restore it from a copy; until then no model speaks"


class Lineage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a version comes from. until: it learnt only from outcomes known before (epoch seconds)."""

    number: int
    network: str
    model: str  # fingerprint of its trees and card
    made_at: str
    made_by: str
    seed: int
    until: int
    outcomes: int
    sources: dict[str, int]
    learnt: dict[str, int]  # fraud, judged_honest, presumed_honest
    apart: dict[str, int]  # outcomes that were not used, by why
    contest: Contest


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release. number 0: none speaks. was: the version before."""

    number: int
    was: int
    at: str
    by: str
    approved_by: str
    why: str


class _Released(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    acts: list[Act]
    format: str = "fanzha-models/1"


class Shelf:
    """The versions of one network under FANZHA_HOME."""

    def __init__(self, home: Path, network: str) -> None:
        if not network or network.startswith(".") or "/" in network:
            raise ModelError(f"no network is called {network!r}", hint="fanzha lake status lists them")
        self.home, self.network = home, network
        self.root = home / "models" / network
        self.released = self.root / "released.json"

    def folder(self, number: int) -> Path:
        """Where a version lies."""
        return self.root / f"{number:04d}"

    def numbers(self) -> list[int]:
        """Every version, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(int(path.name) for path in self.root.iterdir() if path.is_dir() and path.name.isdecimal())

    def lineage(self, number: int) -> Lineage:
        """Where a version comes from. Raises ModelError for one that is missing, changed or not ours."""
        return self._decoded(number, LINEAGE, Lineage)

    def file(self, number: int, name: str) -> bytes:
        """A signed file of a version. Raises ModelError."""
        if number not in self.numbers():
            raise ModelError(f"no version {number}", where=str(self.root), hint="fanzha learn list")
        files = read_signed(self.folder(number), self.home)
        if name not in files:
            raise ModelError(f"no {name}", where=str(self.folder(number)), hint="fanzha learn makes a new version")
        return files[name]

    def model(self, number: int) -> Model:
        """A version ready to score. Raises ModelError."""
        return Model.load(self.folder(number), home=self.home)

    def acts(self) -> list[Act]:
        """Every release, oldest first. Raises ModelError where the file is damaged."""
        try:
            return msgspec.json.decode(self.released.read_bytes(), type=_Released).acts
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            raise ModelError(f"damaged: {error}", where=str(self.released), hint=_DAMAGED) from error

    def current(self) -> int:
        """The version that speaks, 0 for none."""
        acts = self.acts()
        return acts[-1].number if acts else 0

    def release(self, number: int, *, by: str, approved_by: str, why: str, at: str) -> Act:
        """Let a version speak. Two people: the one who asks and the one who approves. Raises Refused, ModelError."""
        if not by.strip() or not approved_by.strip() or by.strip() == approved_by.strip():
            raise Refused("a release needs two different people (四眼)", hint="one asks for it, another approves")
        if number == self.current():
            raise Refused(f"version {number} speaks already", hint="fanzha learn list")
        self.model(number)  # unsigned, changed or unfit: it shall not be named
        return self._act(number, by, approved_by, why, at)

    def back(self, *, by: str, why: str, at: str) -> Act:
        """Take the newest release back: the version before speaks again, or none. One person, one act."""
        acts = self.acts()
        if not acts or not acts[-1].number:
            raise Refused("no model is released", hint="fanzha learn list")
        return self._act(_before(acts), by, "", why, at)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the shelf alone. Raises Refused where another process does."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / ".lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    hint = "wait until it has finished"
                    raise Refused("another process is learning or releasing", where=self.network, hint=hint) from error
                yield
        except OSError as error:
            hint = "free some disk space, or set FANZHA_HOME to a folder that you own"
            raise StorageError(f"cannot be written: {error.strerror}", where=str(self.root), hint=hint) from error

    def _decoded(self, number: int, name: str, kind: type[Lineage]) -> Lineage:
        try:
            return msgspec.json.decode(self.file(number, name), type=kind)
        except msgspec.DecodeError as error:
            hint = "it was made by another release: fanzha learn makes a new version"
            raise ModelError(f"{name} does not fit: {error}", where=str(self.folder(number)), hint=hint) from error

    def _act(self, number: int, by: str, approved_by: str, why: str, at: str) -> Act:
        if not by.strip() or not why.strip():
            raise Refused("a release needs a name and a reason", hint="--by NAME --why TEXT")
        with self.writing():
            acts = self.acts()
            was = acts[-1].number if acts else 0
            act = Act(number, was, at, by.strip()[:80], approved_by.strip()[:80], why.strip()[:500])
            put_in_place(self.released, msgspec.json.format(msgspec.json.encode(_Released([*acts, act]))))
        return act


def _before(acts: list[Act]) -> int:
    """What spoke before the newest release that was not itself taken back."""
    standing: list[int] = [0]
    for act in acts:
        if len(standing) > 1 and not act.approved_by:
            standing.pop()
        else:
            standing.append(act.number)
    return standing[-2] if len(standing) > 1 else 0
