"""Decides how a trial is told as a report: shares with their intervals, kinds, costs, and the draft beside today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.backtest.draft import threshold_of
from fanzha.detection.backtest.history import History
from fanzha.detection.backtest.honest import HonestKinds
from fanzha.detection.backtest.report import (
    Case,
    Caught,
    Curve,
    Kind,
    Overlap,
    Point,
    Precision,
    Quartiles,
    Side,
    Source,
    Stretch,
    Timing,
)
from fanzha.detection.backtest.trial import FRAUD, HONEST, UNKNOWN, Hard, Plan, Trial
from fanzha.detection.backtest.words import read_costs, read_kinds
from fanzha.detection.condition import Comparison, leaves, text_of
from fanzha.detection.evidence import items_of
from fanzha.detection.models.metrics import Interval, binomial_interval, precision
from fanzha.detection.scan import WARM_UP, name_entity, records_behind
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.layout import RECENT
from fanzha.records.lake import Lake

_ORDINARY = ("", "ordinary")  # what an outcome says of a person of no special kind
_Ints = NDArray[np.int64]
_Mask = NDArray[np.bool_]


def stretch_of(history: History, trial: Trial) -> Stretch:
    """The data of a trial."""
    return Stretch(
        network=history.network,
        start=_iso(int(history.start.timestamp())),
        end=_iso(int(history.end.timestamp())),
        warm_up_days=WARM_UP.days,
        position=history.position,
        calls=history.calls,
        events=history.events,
        judged=trial.judged,
    )


def sources_of(plan: Plan, trial: Trial) -> list[Source]:
    """What is known of the judged, by source."""
    known, seen = plan.known, trial.judged_known
    return [
        Source(
            str(source),
            int((seen & known.fraud & (known.source == source)).sum()),
            int((seen & ~known.fraud & (known.source == source)).sum()),
        )
        for source in np.unique(known.source[seen])
    ]


class Teller:
    """Tells one trial."""

    def __init__(self, plan: Plan, trial: Trial, kinds: HonestKinds) -> None:
        self.plan, self.trial, self.kinds, self.costs = plan, trial, kinds, read_costs()
        self.fraud = int((trial.judged_known & plan.known.fraud).sum())
        self.others = trial.judged - self.fraud

    def side(self, rule: int) -> Side:
        """One version: 0 the draft, 1 the live one."""
        hits, plan = self.trial.hits, self.plan
        hit = hits.first[rule] > 0
        fraud, clear = hit & (hits.label == FRAUD), hit & (hits.label != FRAUD)
        recall, false = self._share(int(fraud.sum()), self.fraud), self._share(int(clear.sum()), self.others)
        at = plan.known.at[hits.known] if len(plan.known.keys) else np.zeros(len(hits.key), np.int64)
        ahead = fraud & (hits.first[rule] < at)
        number = plan.draft.entity == EntityKind.NUMBER
        return Side(
            hit=int(hit.sum()),
            fraud=int(fraud.sum()),
            honest=int((hit & (hits.label == HONEST)).sum()),
            unknown=int((hit & (hits.label == UNKNOWN)).sum()),
            caught=self._caught(fraud),
            recall=recall,
            false=false,
            precision=self._precision(recall, false),
            calls=quartiles(hits.calls[rule, fraud]),
            victims=quartiles(hits.victims[rule, fraud]) if number else None,
            lead_h=quartiles((at[ahead] - hits.first[rule, ahead]) / 3600),
            kinds=self._kinds(rule, clear),
            cost=self.costs.cost(plan.rules[rule].measure, int(clear.sum()), int(hits.lost[rule, clear].sum())),
        )

    def timing(self) -> Timing:
        """The fraud that the draft catches beside the live version."""
        hits = self.trial.hits
        fraud = hits.label == FRAUD
        mine, theirs = hits.first[0] > 0, hits.first[1] > 0
        both = fraud & mine & theirs
        apart = hits.first[0, both] - hits.first[1, both]
        return Timing(
            both=int(both.sum()),
            only_draft=int((fraud & mine & ~theirs).sum()),
            only_live=int((fraud & theirs & ~mine).sum()),
            earlier=int((apart < 0).sum()),
            same=int((apart == 0).sum()),
            later=int((apart > 0).sum()),
            hours=quartiles(apart / 3600),
            calls_saved=int((hits.calls[1, both] - hits.calls[0, both]).sum()),
            victims_saved=int((hits.victims[1, both] - hits.victims[0, both]).sum()),
        )

    def overlap(self) -> list[Overlap]:
        """The other rules, those with most in common first; the ones with nothing in common are left out."""
        hits, rules = self.trial.hits, self.plan.pack.rules
        asked = hits.asked & (hits.first[0] > 0)
        rows = []
        for at, place in enumerate(self.plan.others):
            also = asked & (hits.other[at] > 0)
            earlier = also & (hits.other[at] < hits.first[0])
            fraud = also & (hits.label == FRAUD)
            counts = (int(asked.sum()), int(also.sum()), int(fraud.sum()), int(earlier.sum()))
            rows.append(Overlap(rules[place].id, rules[place].title, *counts))
        return sorted((row for row in rows if row.also), key=lambda row: (-row.also, row.rule))

    def curve(self, leaf: int, thresholds: Sequence[float]) -> Curve:
        """The sweep; `thresholds` as the plan's rungs, loosest first."""
        assert self.plan.draft.condition is not None
        found = list(leaves(self.plan.draft.condition))[leaf]
        assert isinstance(found, Comparison)
        points = [self._point(rung, value) for rung, value in enumerate(thresholds)]
        ordered = sorted(points, key=lambda point: point.threshold)
        return Curve(leaf, text_of(found), found.op, threshold_of(found), ordered)

    def cases(self, lake: Lake, network: str) -> list[Case]:
        """The hardest, with the calls behind them."""
        hard = self.trial.hardest
        recent = np.array([case.recent for case in hard]).reshape(len(hard), RECENT)
        if self.plan.draft.entity == EntityKind.NUMBER:
            told = [_own_records(lake, network, case) for case in hard]
        else:
            records, _ = records_behind(lake, network, recent, raw=False)
            named = [name_entity(lake, self.plan.draft.entity, case.key, {}) for case in hard]
            told = [(name, [int(each) for each in row]) for name, row in zip(named, records, strict=True)]
        return [self._case(case, name, records) for case, (name, records) in zip(hard, told, strict=True)]

    def _case(self, case: Hard, name: str, records: list[int]) -> Case:
        rules = [self.plan.pack.rules[self.plan.others[at]].id for at in case.also]
        kind, told = self._kind(case.known, case.kind)
        return Case(
            value=name,
            kind=kind,
            title=read_kinds().names(kind, role=told == "outcome"),
            known_honest=case.label == HONEST,
            first=_iso(case.first),
            calls=case.calls,
            hours=case.hours,
            score=case.score if case.score >= self.plan.pack.words.bands.lowest else 0.0,
            rules=rules,
            evidence=items_of(self.plan.draft, case.vector),
            records=records,
        )

    def _kind(self, known: int, told: int) -> tuple[str, str]:
        role = str(self.plan.known.role[known]) if known >= 0 else ""
        return (self.kinds.id(told), "lake") if role in _ORDINARY else (role, "outcome")

    def _kinds(self, rule: int, clear: _Mask) -> list[Kind]:
        hits = self.trial.hits
        found: dict[tuple[str, str], int] = {}
        for known, told in zip(hits.known[clear].tolist(), hits.kind[rule, clear].tolist(), strict=True):
            mark = self._kind(known, told)
            found[mark] = found.get(mark, 0) + 1
        rows = []
        for (kind, by), people in found.items():
            words = read_kinds().names(kind, role=by == "outcome")
            rows.append(Kind(kind, words.zh, words.en, by, people))
        return sorted(rows, key=lambda row: (-row.people, row.id, row.told))

    def _caught(self, fraud: _Mask) -> list[Caught]:
        known, seen = self.plan.known, self.trial.judged_known
        sources = known.source[self.trial.hits.known[fraud]] if fraud.any() else np.zeros(0, np.str_)
        return [
            Caught(
                str(source), int((seen & known.fraud & (known.source == source)).sum()), int((sources == source).sum())
            )
            for source in np.unique(known.source[seen & known.fraud])
        ]

    def _point(self, rung: int, threshold: float) -> Point:
        hits = self.trial.hits
        hit = hits.reached > rung
        fraud, clear = hit & (hits.label == FRAUD), hit & (hits.label != FRAUD)
        recall, false = self._share(int(fraud.sum()), self.fraud), self._share(int(clear.sum()), self.others)
        return Point(
            threshold=threshold,
            hit=int(hit.sum()),
            fraud=int(fraud.sum()),
            honest=int((hit & (hits.label == HONEST)).sum()),
            unknown=int((hit & (hits.label == UNKNOWN)).sum()),
            recall=recall.value if recall else None,
            precision=self._precision(recall, false),
            calls=float(np.median(hits.rung_calls[rung, fraud])) if fraud.any() else None,
        )

    def _precision(self, recall: Interval | None, false: Interval | None) -> list[Precision]:
        """At each prevalence; without anything known there is none."""
        rows = []
        for one_in in self.costs.prevalences:
            rate = 1 / one_in
            if recall is None or false is None:
                rows.append(Precision(one_in, None, None, None))
                continue
            likely = (false.count + 0.5) / (false.total + 1)  # after Jeffreys, as in models.metrics
            least, most = precision(recall.low, false.high, rate), precision(recall.high, false.low, rate)
            rows.append(Precision(one_in, precision(recall.value, likely, rate), least, most))
        return rows

    @staticmethod
    def _share(count: int, total: int) -> Interval | None:
        return binomial_interval(count, total) if total else None


def quartiles(values: NDArray[np.int64] | NDArray[np.float64]) -> Quartiles | None:
    """The spread of some values, None of none."""
    if len(values) == 0:
        return None
    low, median, high = (round(float(each), 4) for each in np.percentile(values, (25, 50, 75)))
    return Quartiles(len(values), low, median, high)


def _own_records(lake: Lake, network: str, case: Hard) -> tuple[str, list[int]]:
    """How a number is written, and the ids of its calls behind the first hit."""
    calls = lake.calls_of(case.key, end=datetime.fromtimestamp(case.first + 1, UTC))
    wanted = set(case.recent[case.recent > 0].tolist())
    raw: dict[int, str] = {}
    found: list[tuple[int, int]] = []
    columns = (calls[name].to_pylist() for name in ("seq", "id", "network", "caller", "caller_raw", "callee_raw"))
    for seq, record, where, caller, caller_raw, callee_raw in zip(*columns, strict=True):
        if where == network and seq in wanted:
            raw[case.key] = caller_raw if caller == case.key else callee_raw
            found.append((seq, record))
    return name_entity(lake, EntityKind.NUMBER, case.key, raw), [record for _, record in sorted(found)]


def _iso(t: int) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
