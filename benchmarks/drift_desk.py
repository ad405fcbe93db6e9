"""Decides how the desk of bench_drift's operator lives through days of a bad rule: a budget trips it, people go back.

It takes the watcher's alerts hour by hour, as they were last seen, and acting rules do what they may do by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanzha.cli.django import migrate, ready
from fanzha.detection.pack import load_pack
from office import People, people

if TYPE_CHECKING:
    from fanzha.desk.lab.models import Version

MOST = 3  # proposals that the rule may make in one hour of the province: a leader's caution with a first thought
MANY = 100_000
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Tripped:
    """What came of it. asked: what the rule had proposed or taken when it tripped; after: what it did later."""

    at: datetime | None
    why: str
    asked: int
    after: int
    stage: str  # of the rule in what the watcher reads, once it had tripped
    undone: int  # proposals withdrawn and measures ended when it was taken back
    left: int  # of either, that outlast it
    still: list[str]  # its versions that run then

    @property
    def kept(self) -> bool:
        """Whether the budget stopped it, and going back undid all of it."""
        stopped = self.at is not None and self.stage == "shadow" and self.after == 0
        return stopped and 0 < self.asked == self.undone and self.left == 0 and not self.still


class Desk:
    """The desk of one network at `home`, from the alerts on that come after its first look."""

    def __init__(self, home: Path, outbox: Path, network: str) -> None:
        ready(home)
        migrate()
        from fanzha.desk.alerts.source import MemorySource, OutboxSource

        self.home, self.network = home, network
        self.who: People = people(network)
        self._outbox, self._told = OutboxSource(outbox), MemorySource()
        self._read = self._newest()
        self.measures: dict[datetime, int] = {}  # by hour, of all rules

    def _newest(self) -> int:
        rows = self._outbox.after(0, MANY * MANY)
        return rows[-1][0] if rows else 0

    def budget(self, rule: str) -> Version:
        """The live version of a rule of the files, on a budget of a leader's own."""
        from django.utils import timezone

        from fanzha.desk.lab import actions
        from fanzha.desk.lab.files import take_files
        from fanzha.desk.lab.models import Cursor, Version

        take_files(timezone.now())
        Cursor.objects.get_or_create(network=self.network, name="proposing")
        found = Version.objects.get(network=self.network, rule=rule, state="live")
        return actions.budget(self.who.one, found.pk, MOST, None, "a first thought: at most a few at once")

    def turn(self) -> None:
        """Take what the watcher has told since, an hour of last calls after the other."""
        from fanzha.desk.alerts.intake import take
        from fanzha.desk.lab.proposing import weigh

        rows = self._outbox.after(self._read, MANY)
        self._read = rows[-1][0] if rows else self._read
        for hour, told in groupby(sorted((body for _, body in rows), key=_seen), key=_hour):
            now = hour + HOUR
            self._told.rows += told
            while take(self._told, self.network, now):
                pass
            while (before := self._position()) < len(self._told.rows):
                self.measures[hour] = self.measures.get(hour, 0) + weigh(self._told, self.network, now)
                if self._position() == before:
                    raise RuntimeError("the desk does not come on")

    def _position(self) -> int:
        from fanzha.desk.lab.models import Cursor

        return int(Cursor.objects.get(network=self.network, name="proposing").position)

    def did(self, version: Version) -> int:
        """Measures that a version took or proposed, and nobody took back."""
        from fanzha.desk.lab import undoing

        return undoing.standing(version).count() + undoing.waiting(version).count()

    def go_back(self, version: Version) -> None:
        """Take a version back with all it did: one act, and a second person for what holds."""
        from fanzha.desk.lab import actions, undoing
        from fanzha.desk.rollback.actions import approve

        actions.step(self.who.one, version.pk, "roll_back", reason="it hits honest people", undo=True)
        asked = undoing.asked(version)
        if asked is not None:
            approve(self.who.two, asked.pk)


def lived(desk: Desk, rule: str, days: Sequence[int], watch: Callable[[int], None]) -> Tripped:
    """Days of a rule on its budget: `watch` one, let the desk have its turn, and so on; then the rule is taken back."""
    version = desk.budget(rule)
    at, why, asked, stage = None, "", 0, ""
    for day in days:
        watch(day)
        desk.turn()
        version.refresh_from_db()
        if version.state == "tripped" and at is None:
            at, why, asked = version.moved_at, version.trip_words, desk.did(version)
            stage = next((str(each.stage) for each in _running(desk) if each.name == version.name), "")
    before = desk.did(version)
    desk.go_back(version)
    left = desk.did(version)
    still = [each.name for each in _running(desk) if each.id == rule]
    return Tripped(at, why, asked, before - asked, stage, before - left, left, still)


def _running(desk: Desk) -> Sequence[Any]:
    return load_pack([desk.home / "rules"], desk.network).rules


def _seen(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["last_seen"])


def _hour(body: dict[str, Any]) -> datetime:
    return _seen(body).replace(minute=0, second=0, microsecond=0)


def tell(found: Tripped) -> None:
    """In two lines."""
    when = f"{found.at:%Y-%m-%d %H:%M} UTC" if found.at else "never"
    print(f"budget of {MOST} an hour: tripped {when} ({found.why}) after {found.asked} measures and proposals, "
          f"{found.after} after it; for the watcher it is then in: {found.stage or 'nothing'}")  # fmt: skip
    print(f"  taken back: {found.undone} undone, {found.left} left; still running: {found.still}", flush=True)
