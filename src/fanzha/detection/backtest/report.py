"""Decides what a backtest says of a draft rule: whom it catches, whom it hits wrongly, what that costs, beside today.

A report holds nothing of the run itself (no clock, no machine): the same rule versions, data and seed give the same
bytes. Counts add up: `hit` = `fraud` + `honest` + `unknown`, and the people of `kinds` are `honest` + `unknown`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from fanzha.detection.evidence import Item
from fanzha.detection.models.metrics import Interval
from fanzha.detection.rule import Text
from fanzha.errors import InputError

FORMAT = 1


class Version(msgspec.Struct, frozen=True):
    """A rule version as it was tried. digest: a hash of all that could change its verdicts; entity: number ...,

    as outsiders know it: a victim is a number, a site or rack a cell.
    """

    id: str
    version: int
    digest: str
    title: Text
    scheme: str
    family: str
    entity: str
    when: str
    exemptions: list[str]
    score: float
    minimum: int
    measure: str


class Stretch(msgspec.Struct, frozen=True):
    """The data. Times ISO-8601 UTC; hits count in [start, end), and `warm_up_days` before `start` are read as well.

    position: seq of the last call that was read; judged: entities with enough history to be judged within the stretch.
    """

    network: str
    start: str
    end: str
    warm_up_days: int
    position: int
    calls: int
    events: int
    judged: int


class Source(msgspec.Struct, frozen=True):
    """What is known of the judged entities, by whose word (confirmed, police, planted ...)."""

    source: str
    fraud: int
    honest: int


class Caught(msgspec.Struct, frozen=True):
    """Of the fraud that a source knows among the judged, how much was hit."""

    source: str
    known: int
    caught: int


class Quartiles(msgspec.Struct, frozen=True):
    """The spread of `count` values."""

    count: int
    low: float
    median: float
    high: float


class Precision(msgspec.Struct, frozen=True):
    """Share of the hit that are fraud where one in `one_in` is; least and most from the ends of the 95 % intervals."""

    one_in: int
    value: float | None
    least: float | None
    most: float | None


class Kind(msgspec.Struct, frozen=True):
    """A kind of honest people (律师, 快递员, 新号 ...) and how many of them were hit.

    told: `outcome` where somebody said so, `lake` where the records suggest it.
    """

    id: str
    zh: str
    en: str
    told: str
    people: int


class Estimate(msgspec.Struct, frozen=True):
    """An expected count between two bounds (costs.yaml)."""

    low: float
    likely: float
    high: float


class Cost(msgspec.Struct, frozen=True):
    """What the rule costs the honest and unknown people it hits, if each gets `measure` at the first hit (误停代价).

    assumed: the rule itself proposes no measure that takes service away, so a stop is assumed. calls: outgoing calls
    that these people made in the hours without service.
    """

    measure: str
    assumed: bool
    people: int
    calls: int
    hours: float
    complaints: Estimate
    appeals: Estimate


class Side(msgspec.Struct, frozen=True):
    """What one version did. unknown: hit, and nobody has said what they are; they are counted as honest in `false`.

    calls: outgoing calls of a caught entity before its first hit; victims: distinct numbers that had answered it by
    then; lead_h: hours from the hit to when the outcome became known, of those hit before it.
    """

    hit: int
    fraud: int
    honest: int
    unknown: int
    caught: list[Caught]
    recall: Interval | None
    false: Interval | None
    precision: list[Precision]
    calls: Quartiles | None
    victims: Quartiles | None
    lead_h: Quartiles | None
    kinds: list[Kind]
    cost: Cost


class Timing(msgspec.Struct, frozen=True):
    """The fraud caught by the draft beside the live version.

    hours: draft's first hit minus the live one's, of those that both catch, so below 0 is earlier; calls_saved and
    victims_saved: summed over them, below 0 where the draft lets more through.
    """

    both: int
    only_draft: int
    only_live: int
    earlier: int
    same: int
    later: int
    hours: Quartiles | None
    calls_saved: int
    victims_saved: int


class Case(msgspec.Struct, frozen=True):
    """An honest or unknown entity that was hit. value: as people write it, unmasked: mask it where people see it.

    kind: id of a `Kind`, named by `title`.
    hours: distinct clock hours in which the rule held; score: its highest alert score over all rules with the draft
    in place, 0 below the lowest band; records: ids of the calls behind the first hit, the newest last.
    """

    value: str
    kind: str
    title: Text
    known_honest: bool
    first: str
    calls: int
    hours: int
    score: float
    rules: list[str]
    evidence: list[Item]
    records: list[int]


class Overlap(msgspec.Struct, frozen=True):
    """Another rule of the pack: of the draft's hits that were asked (`asked`), it hit `also`, `earlier` ones sooner."""

    rule: str
    title: Text
    asked: int
    also: int
    also_fraud: int
    earlier: int


class Point(msgspec.Struct, frozen=True):
    """What one threshold would have done; calls: median outgoing calls of the caught before the hit."""

    threshold: float
    hit: int
    fraud: int
    honest: int
    unknown: int
    recall: float | None
    precision: list[Precision]
    calls: float | None


class Curve(msgspec.Struct, frozen=True):
    """A sweep of one leaf's threshold, by rising threshold. leaf: its place in the rule's text, from 0."""

    leaf: int
    text: str
    op: str
    draft: float
    points: list[Point]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One backtest, whole. live and today are None where there is no other live version.

    unknown: what could not be known: `subscribers` (never imported); of the second stage `own_calls` (only facts told
    of an entity are read: its `calls` are those, and what it would have called without service is not counted) and
    `victims` (no outcome says who was deceived: every hit is `unknown`).
    """

    format: int = FORMAT
    draft: Version
    live: Version | None
    pack: str
    stretch: Stretch
    seed: int
    labels: list[Source]
    tried: Side
    today: Side | None
    timing: Timing | None
    hardest: list[Case]
    overlap: list[Overlap]
    curve: Curve | None
    costs: str
    unknown: list[str]


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Report)


def to_bytes(report: Report) -> bytes:
    """The report as JSON: the same bytes for the same report."""
    return _ENCODER.encode(report)


def from_bytes(text: bytes, *, where: str = "") -> Report:
    """A report that `to_bytes` wrote. Raises InputError."""
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"no backtest report: {error}", where=where, hint="fanzha backtest RULE --out x.json"
        ) from error


def read_report(path: Path) -> Report:
    """The report of a file. Raises InputError."""
    try:
        return from_bytes(path.read_bytes(), where=str(path))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
