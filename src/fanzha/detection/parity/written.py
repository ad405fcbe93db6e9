"""Decides what keeps a course from being done again, and of which stories that can be the reason.

Nothing here is proven: it rests on what was written down. So it is named only where it can be true: for rows that were
told after it began, of entities that it touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fanzha.detection.journal import program
from fanzha.detection.pack import Pack
from fanzha.detection.parity.again import Again
from fanzha.detection.parity.compare import Story
from fanzha.detection.parity.proof import calls_of, moment
from fanzha.detection.parity.record import Record
from fanzha.detection.parity.report import Cause
from fanzha.detection.scan import STAGE_ONE
from fanzha.records.lake import Lake

_MODELS = frozenset({"model", "score", "band"})  # what a model's opinion can change of an alert


class Doubt(NamedTuple):
    """A story that the same course tells otherwise. since: the seq up to which calls were judged when it first did.

    fields: what differs in the newest rows, None where one side has not told it at all. advised: a model had spoken.
    """

    since: int
    fields: frozenset[str] | None
    advised: bool


class Written(NamedTuple):
    """A cause that was written down, and the seq from which rows can differ for it."""

    cause: Cause
    since: int


class Reasons:
    """What is known to stand in the way of one course."""

    def __init__(self, lake: Lake, pack: Pack, record: Record, again: Again) -> None:
        self._lake, self._record, self._again = lake, record, again
        lines = {batch.reached: batch.calls for leg in record.course for batch in leg.batches}
        self.short = {end: calls - again.judged.get(end, 0) for end, calls in lines.items()}
        self.deleted = sum(max(0, missing) for missing in self.short.values())
        self._unlined = [end for end, missing in self.short.items() if missing < 0]
        self._fed = {rule.scheme for rule in pack.rules if rule.entity not in STAGE_ONE}
        self.found = list(self._written())

    @property
    def whole(self) -> bool:
        """Whether the journal has a line for every batch, so that rows can be compared one by one."""
        return not self._unlined

    def of(self, story: Story, doubt: Doubt) -> list[Cause]:
        """Those that can have made this story differ."""
        causes = [each.cause for each in self.found if doubt.since >= each.since and self._can(each, story, doubt)]
        alone = {cause.name for cause in causes} == {"model"}
        return [] if alone and (doubt.fields is None or not doubt.fields <= _MODELS) else causes

    def _can(self, each: Written, story: Story, doubt: Doubt) -> bool:
        if each.cause.name == "model":
            return doubt.advised
        if each.cause.name != "unrecorded" or self.deleted or story[2] in self._fed:
            return True
        calls = calls_of(self._lake, story, max(self._unlined))  # who had not called before has no past to be unknown
        return calls is None or calls.num_rows > 0

    def _written(self) -> Iterable[Written]:
        record, course = self._record, self._record.course
        if self.deleted:
            first = min(end for end, missing in self.short.items() if missing > 0)
            yield Written(Cause("deleted", False, {"calls": self.deleted}), first)
        if self._unlined:
            yield Written(Cause("unrecorded", False, self._unrecorded()), min(self._unlined))
        foreign = [leg.session for leg in course if leg.session.program != program()]
        if foreign:
            was, last = sorted({each.program for each in foreign}), max(each.at for each in foreign)
            told: dict[str, Any] = {"was": was, "is": program(), "last_start": moment(last)}
            yield Written(Cause("program", False, told), foreign[0].cursor + 1)
        lost = sorted(name for name, pack in record.packs.items() if pack is None)
        if lost:
            yield Written(Cause("version", False, {"rules_not_kept": lost}), self._judged_by(lost))
        if self._again.models_gone:
            gone = sorted(self._again.models_gone)
            first = min(batch.reached for leg in course for batch in leg.batches if batch.model in gone)
            yield Written(Cause("model", False, {"models_gone": gone}), first)

    def _unrecorded(self) -> dict[str, int]:
        if self._record.since:
            return {"journal_begins_after_seq": self._record.since}
        return {"lines_gone_up_to_seq": max(self._unlined), "calls": -sum(self.short[end] for end in self._unlined)}

    def _judged_by(self, packs: list[str]) -> int:
        """The first seq that any of these judged, or stepped in silence."""
        found = [leg.session.cursor + 1 for leg in self._record.course if leg.session.pack in packs]
        found += [batch.reached for leg in self._record.course for batch in leg.batches if batch.pack in packs]
        return min(found)


def doubts(record: Record, again: Again, whole: bool, told: Mapping[str, Mapping[str, Any]]) -> dict[Story, Doubt]:
    """Stories that the same course does not tell word for word: row by row, where the journal is whole.

    told: the newest rows of each side as decisions, by the alert's id ("live", "again").
    """
    found: dict[Story, Doubt] = {}
    live, other = record.rows.of, again.said
    for key in live.keys() | other.keys():
        one, two = live.get(key, []), other.get(key, [])
        one, two = (one, two) if whole else (one[-1:], two[-1:])
        if [row.digest for row in one] == [row.digest for row in two]:
            continue
        at = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a.digest != b.digest), -1)
        at = min(len(one), len(two)) if at < 0 else at
        ends = [rows[at].reached for rows in (one, two) if len(rows) > at and rows[at].reached]
        since = min(ends) if ends and whole else record.cursor
        sides = [told[name].get(key) for name in ("live", "again")]
        for side in filter(None, sides):
            story = (side["entity"]["kind"], side["entity"]["value"], side["scheme"])
            before = found.get(story)
            doubt = Doubt(since, _fields(sides), any(each and each.get("model") for each in sides))
            found[story] = doubt if before is None else _joined(before, doubt)
    return found


def _fields(sides: list[Any]) -> frozenset[str] | None:
    one, other = sides
    if not one or not other:
        return None
    return frozenset(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _joined(one: Doubt, other: Doubt) -> Doubt:
    fields = None if one.fields is None or other.fields is None else one.fields | other.fields
    return Doubt(min(one.since, other.since), fields, one.advised or other.advised)
