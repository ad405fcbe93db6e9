"""Decides what a threshold slider answers at once: a week's entities drawn in advance, asked in a second or two.

An entity is drawn with a chance that grows with its calls of the week (all from `certain` calls on), so the heavy
callers that rules are about are nearly all there; an estimate weighs each by the inverse of its chance (Horvitz and
Thompson 1952) and says its 95 % interval. What the thinning of moments misses is measured on the pack's own rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.backtest import keep, walk
from fanzha.detection.backtest.draft import checked, ladder, reads_level, usual_thresholds
from fanzha.detection.backtest.spread import Spread
from fanzha.detection.bytecode import STACK
from fanzha.detection.condition import fields_of
from fanzha.detection.outcomes import Known
from fanzha.detection.pack import Pack
from fanzha.detection.program import compile_rules
from fanzha.detection.rule import Rule
from fanzha.detection.words import Words
from fanzha.errors import InputError, UsageError
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind
from fanzha.profiles.layout import FINGERPRINT

_Z95 = 1.959963984540054
_NONE_SEEN = 3.0  # the rule of three: none of n seen means at most about 3 / n, at 95 %
_OUT, TOTALS = BY_NAME["call_out"].index, (BY_NAME["out_total"].index, BY_NAME["in_total"].index)
_Ints = NDArray[np.int64]


class Made(msgspec.Struct, frozen=True):
    """What a sample was made of. certain: calls of the week from which an entity is always in.

    kept_hits of full_hits: hits of the pack's rules among the drawn, told from kept moments and from every call.
    """

    kind: str
    network: str
    start: str
    end: str
    calls: int
    judged: int
    entities: int
    rows: int
    certain: float
    seed: int
    pack: str
    layout: str
    full_hits: int
    kept_hits: int
    fields: list[Spread]
    format: int = 1

    @property
    def missed(self) -> float:
        """The share of hits that kept moments miss."""
        return 1 - self.kept_hits / self.full_hits if self.full_hits else 0.0


class Answered(msgspec.Struct, frozen=True):
    """About how many would be hit at one threshold, between 95 % bounds; fraud: of them known as fraud (None: unasked).

    sampled: entities of the sample that were hit.
    """

    threshold: float | None
    hit: float
    low: float
    high: float
    sampled: int
    fraud: float | None


class Answer(msgspec.Struct, frozen=True):
    """What a sample says of a rule. missed: share of hits that a sample of moments misses (it tells too few)."""

    start: str
    end: str
    judged: int
    missed: float
    points: list[Answered]


@dataclass(frozen=True)
class Sample:
    """A prepared sample on disk, opened with `read_sample`."""

    folder: Path
    made: Made
    key: _Ints  # [entities]
    chance: NDArray[np.float64]  # [entities]
    whose: NDArray[np.int32]  # [rows] rising
    columns: NDArray[np.float32]  # [FIELD_COUNT, rows], on disk
    words: Words

    def ask(
        self, draft: Rule, leaf: int | None = None, thresholds: Sequence[float] = (), *, known: Known | None = None
    ) -> Answer:
        """About how many entities the draft hits in the week, or hits at each threshold of one of its leaves.

        Raises UsageError for a rule of another kind of entity, one that reads `level`, or a leaf without threshold.
        """
        rule = checked(draft)
        if rule.entity.name.lower() != self.made.kind:
            raise UsageError(f"{rule.id} is of {rule.entity.name.lower()}s, the sample of {self.made.kind}s")
        if reads_level(rule):
            raise UsageError(f"{rule.id} reads the level of all alerts: only a backtest can tell")
        rungs = [(None, rule)] if leaf is None else list(ladder(rule, leaf, thresholds or usual_thresholds(rule, leaf)))
        reached = self.climb([rung for _, rung in rungs])
        points = [self._point(value, reached > at, rule.minimum, known) for at, (value, _) in enumerate(rungs)]
        points.sort(key=lambda point: point.threshold or 0.0)
        made = self.made
        return Answer(made.start, made.end, made.judged, round(made.missed, 6), points)

    def climb(self, rungs: Sequence[Rule]) -> NDArray[np.int32]:
        """How many of these rules, loosest first, each entity reaches."""
        tried = tried_alone(rungs, self.words, 0)
        places = sorted({ref.index for rung in rungs if rung.judged for ref in fields_of(rung.judged)})
        columns = np.ascontiguousarray(self.columns[places])
        history = self.columns[TOTALS[0]] + self.columns[TOTALS[1]]
        reached = np.zeros(len(self.key), np.int32)
        keep.climbed(
            columns,
            np.array(places, np.int64),
            self.whose,
            history,
            np.ascontiguousarray(self.columns[_OUT]),
            tried,
            reached,
            np.full(FIELD_COUNT, np.nan),
            np.zeros(STACK),
        )
        return reached

    def _point(self, threshold: float | None, hit: NDArray[np.bool_], minimum: int, known: Known | None) -> Answered:
        weight = 1 / self.chance[hit]
        found, error = float(weight.sum()), _Z95 * float(np.sqrt(((1 - self.chance[hit]) * weight**2).sum()))
        least = _NONE_SEEN * max(1.0, self.made.certain / minimum) if not hit.any() else 0.0
        if self.made.entities == self.made.judged:
            least = 0.0  # all were drawn
        low, high = max(float(hit.sum()), found - error), min(float(self.made.judged), found + error + least)
        fraud = None
        if known is not None:
            fraud = round(float(weight[np.isin(self.key[hit], known.keys[known.fraud])].sum()), 1)
        return Answered(threshold, round(found, 1), round(low, 1), round(high, 1), int(hit.sum()), fraud)


def read_sample(folder: Path, pack: Pack) -> Sample:
    """A sample that `prepare` made. Raises InputError where there is none, or one of another layout of profiles."""
    hint = "prepare it: fanzha backtest RULE --quick"
    try:
        made = msgspec.json.decode((folder / "made.json").read_bytes(), type=Made)
        if made.layout != FINGERPRINT:
            raise InputError("a sample of another layout of profiles", where=str(folder), hint=hint)
        columns = np.zeros((FIELD_COUNT, 0), np.float32)
        if made.rows:
            columns = np.memmap(folder / "columns.f32", np.float32, "r", shape=(FIELD_COUNT, made.rows))
        key, chance, whose = (np.load(folder / f"{name}.npy") for name in ("key", "chance", "whose"))
        return Sample(folder, made, key, chance, whose, columns, pack.words)
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise InputError(f"no sample: {error}", where=str(folder), hint=hint) from error


def place_of(home: Path, network: str, kind: EntityKind) -> Path:
    """Where the sample of one network and kind lies under FANZHA_HOME."""
    return home / "samples" / f"{quote(network, safe='')}-{kind.name.lower()}"


def tried_alone(rules: Sequence[Rule], words: Words, since: int) -> walk.Tried:
    """These rules as arrays, none of them a rung of a ladder for `walk`."""
    hold = np.zeros(len(rules), np.int64)
    return walk.tried_of(compile_rules(list(rules), words), rules=len(rules), hold=hold, since=since, level=False)
