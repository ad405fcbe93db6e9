"""Decides how a draft rule is tried on a stretch of the lake: one read, one walk, one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fanzha.detection.alert import SHOWN_AS
from fanzha.detection.backtest.draft import checked, ladder, live_version, usual_thresholds, version_of
from fanzha.detection.backtest.history import History, Progress
from fanzha.detection.backtest.honest import HonestKinds
from fanzha.detection.backtest.report import Report, Stretch
from fanzha.detection.backtest.second import Facts
from fanzha.detection.backtest.tell import Teller, sources_of, stretch_of
from fanzha.detection.backtest.trial import Plan, Trial, Walker
from fanzha.detection.backtest.words import read_costs
from fanzha.detection.outcomes import Known, Outcomes
from fanzha.detection.pack import Pack, with_rule
from fanzha.detection.rule import Rule
from fanzha.detection.scan import STAGE_ONE, Engine, this_machine
from fanzha.errors import UsageError
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake

Reads = Callable[..., History]
Walks = Callable[[Plan, Any, HonestKinds], Walker]


def run(
    lake: Lake,
    pack: Pack,
    draft: Rule,
    *,
    network: str = "default",
    start: datetime | None = None,
    end: datetime | None = None,
    outcomes: Outcomes | None = None,
    seed: int = 1,
    temporary: Path,
    progress: Progress | None = None,
    leaf: int | None = None,
    thresholds: Sequence[float] = (),
    reads: Reads = History,
    walks: Walks = Walker,
    judges: Engine = this_machine,
) -> Report:
    """Try `draft` on one network's calls from `start` to `end` (UTC; whole days are best), beside the pack's version.

    Without `outcomes` nobody is known and every hit is `unknown`. `leaf`: sweep the threshold of this leaf of the
    draft's text (from 0) over `thresholds`, or twenty about its own. `progress` is told (step, share). The same draft,
    live version, data and seed give the same report. Raises RuleError for a rule that cannot be tried by itself,
    UsageError for an empty stretch or a leaf without a threshold, StorageError where the disk is full. `reads` and
    `walks`: who reads the stretch and walks it, this machine or a cluster (backtest/cluster.py); of a rule of the
    second stage, `judges` judges the first, and its facts are walked here (backtest/second.py).
    """
    tell, draft = progress or (lambda _step, _share: None), checked(draft)
    rungs = _rungs(draft, leaf, thresholds)
    if draft.entity not in STAGE_ONE:
        reads, walks = partial(Facts, pack=pack, engine=judges), Walker
    plan = _plan(pack, draft, [rule for _, rule in rungs], outcomes or Outcomes([]), seed)
    kinds = HonestKinds(lake, draft.entity, network, pack.words.lists)
    with reads(lake, draft.entity, network=network, start=start, end=end, temporary=temporary, tell=tell) as history:
        _check(history.calls, network)
        trial = walks(plan, history, kinds).run(tell)
        stretch = stretch_of(history, trial)
    tell("tell", 0.0)
    report = _told(lake, pack, plan, trial, kinds, stretch, leaf, [value for value, _ in rungs])
    tell("tell", 1.0)
    return report


def _plan(pack: Pack, draft: Rule, rungs: list[Rule], outcomes: Outcomes, seed: int) -> Plan:
    known = _known(outcomes, draft.entity)
    return Plan(draft, live_version(pack, draft), rungs, with_rule(pack, draft), known, seed)


def _check(calls: int, network: str) -> None:
    if calls == 0:
        hint = "fanzha lake status shows what is there"
        raise UsageError(f"no calls of network {network} in that stretch", hint=hint)


def _told(
    lake: Lake,
    pack: Pack,
    plan: Plan,
    trial: Trial,
    kinds: HonestKinds,
    stretch: Stretch,
    leaf: int | None,
    thresholds: list[float],
) -> Report:
    teller, costs = Teller(plan, trial, kinds), read_costs()
    return Report(
        draft=version_of(plan.draft),
        live=version_of(plan.live) if plan.live else None,
        pack=pack.hash,
        stretch=stretch,
        seed=plan.seed,
        labels=sources_of(plan, trial),
        tried=teller.side(0),
        today=teller.side(1) if plan.live else None,
        timing=teller.timing() if plan.live else None,
        hardest=teller.cases(lake, stretch.network),
        overlap=teller.overlap(),
        curve=teller.curve(leaf, thresholds) if leaf is not None else None,
        costs=f"costs.yaml, {costs.as_of}: {costs.source}",
        unknown=_unknown(lake, plan.draft, stretch.network),
    )


def _known(outcomes: Outcomes, entity: EntityKind) -> Known:
    """What is known of such entities. An outcome says who deceived, never who was deceived: of victims, nothing."""
    return outcomes.of(entity if entity == EntityKind.VICTIM else SHOWN_AS.get(entity, entity))


def _unknown(lake: Lake, draft: Rule, network: str) -> list[str]:
    missing = [] if lake.reference("subscribers", network=network).num_rows else ["subscribers"]
    told = [] if draft.entity in STAGE_ONE else ["own_calls"]
    return missing + told + (["victims"] if draft.entity == EntityKind.VICTIM else [])


def _rungs(draft: Rule, leaf: int | None, thresholds: Sequence[float]) -> list[tuple[float, Rule]]:
    return [] if leaf is None else ladder(draft, leaf, thresholds or usual_thresholds(draft, leaf))
