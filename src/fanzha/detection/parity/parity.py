"""Decides whether what was decided live is what the lake's history decides, and proves the cause of every difference.

First the watcher's own course is done again: it must say word for word what was said. Then one circumstance after the
other is taken away (stops, other rules or models, tables loaded later, bounded memory, the order of arrival) until only
the plain replay of history is left. A story that changes at one of these steps differs for that cause; nothing else
counts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fanzha.detection.alert import encode
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.pack import Pack
from fanzha.detection.parity import proof
from fanzha.detection.parity.again import Again
from fanzha.detection.parity.compare import Story, Told, begun, differing, stories, what, within
from fanzha.detection.parity.course import (
    Leg,
    advised_by,
    begun_at,
    hash_of,
    knowing,
    packs_of,
    under,
    without_restarts,
)
from fanzha.detection.parity.kept import Thread
from fanzha.detection.parity.place import workplace
from fanzha.detection.parity.record import Record, read
from fanzha.detection.parity.report import Brief, Cause, Difference, Parity
from fanzha.detection.parity.written import Doubt, Reasons, doubts
from fanzha.detection.scan import Progress, scan
from fanzha.records.lake import Lake

_NOW = "now"  # the name of the pack that history is replayed with
_DAY = 86400


class _Step(NamedTuple):
    """History told once more, with the circumstance `cause` taken away; `can` it be the cause at all.

    beyond: stories of which it could not be taken away whole; nothing later is asked of them.
    """

    cause: str
    told: Told
    can: bool
    evidence: Callable[[Story], dict[str, Any]]
    beyond: frozenset[Story] = frozenset()


def compare(
    lake: Lake,
    pack: Pack,
    state: Path,
    *,
    network: str,
    days: int,
    temporary: Path,
    progress: Progress | None = None,
) -> Parity:
    """Compare a watcher's outbox in `state` with a replay of the lake under `pack`, over the last `days` of calls.

    Raises InputError where no watcher has judged anything, StorageError for a broken outbox or a full disk.
    """
    record = read(state / "outbox.sqlite")
    with workplace(temporary) as place:
        return _Comparison(lake, pack, record, network, place, progress or (lambda *_: None)).run(days)


class _Comparison:
    def __init__(self, lake: Lake, pack: Pack, record: Record, network: str, temporary: Path, tell: Progress) -> None:
        self._lake, self._pack, self._record = lake, pack, record
        self._network, self._temporary, self._tell = network, temporary, tell
        self._packs = {name: found or pack for name, found in record.packs.items()} | {_NOW: pack}

    def run(self, days: int) -> Parity:
        record = self._record
        live, altered = stories(record.rows.newest.values()), record.rows.altered
        again = self._again(record.course, "again")
        history = self._history(by_time=True)
        reasons = Reasons(self._lake, self._pack, record, again)
        doubted = self._doubted(again, live, reasons)
        since = proof.moment(again.newest - days * _DAY)
        lost = {story for story in altered if story not in live and story not in history}  # seen nobody knows when
        seen = {story for story in live.keys() | history.keys() if within(story, since, live, history)} | lost
        wanted = (differing(live, history) | doubted.keys() | altered) & seen
        causes = {story: reasons.of(story, doubted[story]) for story in wanted & doubted.keys()}
        causes |= {story: [] for story in wanted & altered}
        open_ = wanted - causes.keys()
        steps = self._steps(again, history, open_) if open_ else iter(())
        found = causes | self._causes(stories(again.newest_rows()), steps, open_)
        told = [self._difference(story, live, history, found[story]) for story in sorted(wanted)]
        return Parity(
            network=self._network,
            since=since,
            until=proof.moment(again.newest),
            calls=again.calls,
            unjudged=sum(
                batch.num_rows for batch in self._lake.scan(("seq",), network=self._network, after_seq=record.cursor)
            ),
            deleted=reasons.deleted,
            late=again.late,
            starts=len(record.course),
            packs=len({hash_of(name) for name in packs_of(record.course)}),
            stories=len(seen),
            same=len(seen) - len(wanted),
            differing=len(wanted),
            unproven=sum(any(not cause.proven for cause in difference.causes) for difference in told),
            unexplained=sum(not difference.causes for difference in told),
            differences=told,
        )

    def _again(self, course: list[Leg], name: str, *, spared: Collection[Thread] = ()) -> Again:
        self._tell(name, 0.0)
        with tempfile.TemporaryDirectory(dir=self._temporary) as place:
            told = Again(
                self._lake,
                self._network,
                course,
                self._packs,
                Path(place),
                lambda share: self._tell(name, share),
                spared=spared,
            )
            return told.run()

    def _history(self, *, by_time: bool) -> Told:
        found = scan(
            self._lake,
            self._pack,
            temporary=self._temporary,
            network=self._network,
            up_to_seq=self._record.cursor,
            by_time=by_time,
            progress=self._tell,
        )
        return stories(encode(alert) for alert in found.alerts)

    def _doubted(self, again: Again, live: Told, reasons: Reasons) -> dict[Story, Doubt]:
        """Stories that the same course does not tell word for word."""
        sides = {"live": live, "again": stories(again.newest_rows())}
        told = {name: {key: row for rows in side.values() for key, row in rows.items()} for name, side in sides.items()}
        return doubts(self._record, again, reasons.whole, told)

    def _causes(self, told: Told, steps: Iterator[_Step], wanted: set[Story]) -> dict[Story, list[Cause]]:
        causes: dict[Story, list[Cause]] = {story: [] for story in wanted}
        unproven: set[Story] = set()
        for step in steps:
            for story in wanted & differing(told, step.told):
                if step.can:
                    causes[story].append(Cause(step.cause, True, step.evidence(story)))
                else:
                    unproven.add(story)
            for story in wanted & step.beyond:
                causes[story].append(Cause(step.cause, False, step.evidence(story)))
            wanted = wanted - step.beyond
            told = step.told
        return causes | {story: [] for story in unproven}

    def _steps(self, again: Again, history: Told, wanted: set[Story]) -> Iterator[_Step]:
        """The courses from the watcher's own to plain history, as long as some story still differs from it."""
        record, course = self._record, self._record.course
        merged = without_restarts(course)
        if len(merged) < len(course):
            again = self._again(course := merged, "no restarts")
            yield _Step("restart", told := _told(again), True, lambda _: proof.starts(record.course))
            if not wanted & differing(told, history):
                return
        if {hash_of(name) for name in packs_of(course)} != {self._pack.hash}:
            again = self._again(course := under(course, _NOW), "one version")
            yield _Step(
                "version",
                told := _told(again),
                True,
                lambda story: proof.versions(record.course, record.packs, self._pack, story[2]),
            )
            if not wanted & differing(told, history):
                return
        model = Shelf(self._lake.root.parent, self._network).current()
        if {batch.model for leg in course for batch in leg.batches} - {model}:
            again = self._again(course := advised_by(course, model), "one model")
            yield _Step("model", told := _told(again), True, lambda _: proof.models(record.course, model))
            if not wanted & differing(told, history):
                return
        newest = self._newest_import()
        known = {leg.session.known for leg in course} | {batch.known for leg in course for batch in leg.batches}
        if known != {newest}:
            again = self._again(course := knowing(course, newest), "all references")
            yield _Step("references", told := _told(again), True, lambda _: proof.imports(record.course, newest))
            if not wanted & differing(told, history):
                return
        yield from self._by_order(again, course, history, wanted)

    def _by_order(self, again: Again, course: list[Leg], history: Told, wanted: set[Story]) -> Iterator[_Step]:
        """What is left: when the records seem to begin, memory, and the order of arrival."""
        cursor, late = self._record.cursor, again.late

        @cache
        def entity(kind: str, value: str) -> dict[str, Any]:  # one look at the lake, whatever steps and schemes ask
            return proof.late(self._lake, (kind, value, ""), cursor, late)

        def order(story: Story) -> dict[str, Any]:
            return entity(*story[:2])

        first, _, _ = self._lake.span(self._network)
        if first is not None and int(first.timestamp()) != again.begun:
            again = self._again(course := begun_at(course, int(first.timestamp())), "from the beginning")
            yield _Step("late", _told(again), late > 0, order)
        if again.kept.forgot:
            open_ = wanted & differing(_told(again), history)
            again = self._again(course, "nothing forgotten", spared=self._threads(open_))
            yield self._remembering(again, open_, history)
        yield _Step("late", stories(again.standing_rows()), late > 0, order)
        lost = again.lost
        yield _Step("memory", self._history(by_time=False), lost > 0, lambda _: {"profiles_given_up": lost})
        yield _Step("late", history, late > 0, order)

    def _remembering(self, again: Again, open_: set[Story], history: Told) -> _Step:
        """A course that forgets nothing of the stories in question, or, beyond its bound, only what is oldest."""
        told, kept = _told(again), again.kept
        evidence: dict[str, Any] = {"after_days": 2 * self._pack.words.bands.silent_days}
        if not kept.given_up:
            return _Step("forgotten", told, True, lambda _: evidence)
        oldest = proof.moment(kept.given_up)
        still = open_ & differing(told, history)
        beyond = {story for story in still if begun(story, told, history) <= oldest}
        return _Step("forgotten", told, True, lambda _: {**evidence, "kept_since": oldest}, frozenset(beyond))

    def _threads(self, wanted: set[Story]) -> set[Thread]:
        """Keys and schemes of stories, where the lake knows the key."""
        keys = {story: proof.key_of(self._lake, story) for story in wanted}
        return {(key, story[2]) for story, key in keys.items() if key is not None}

    def _newest_import(self) -> int:
        parts = [part for kind in ("subscribers", "trunks") for part in self._lake.manifest.parts(f"reference/{kind}")]
        return max((part.import_id for part in parts), default=0)

    def _difference(self, story: Story, live: Told, history: Told, causes: list[Cause]) -> Difference:
        one, other = live.get(story, {}), history.get(story, {})
        word, fields = ("altered", []) if story in self._record.rows.altered else what(one, other)
        merged = {cause.name: cause for cause in causes}  # two steps of one cause say it once
        return Difference(*story, word, fields, _briefs(one), _briefs(other), list(merged.values()))


def _told(again: Again) -> Told:
    return stories(again.newest_rows())


def _briefs(alerts: dict[str, dict[str, Any]]) -> list[Brief]:
    names = ("id", "score", "first_seen", "last_seen", "measure")
    ordered = sorted(alerts.values(), key=lambda alert: str(alert["first_seen"]))
    return [Brief(*(alert[name] for name in names)) for alert in ordered]
