"""Decides how bench_drift tells what it saw: looks at drift, models, trials of rules, parity."""

from __future__ import annotations

from collections import Counter

from fanzha.detection.backtest.report import Report as Trial
from fanzha.detection.learning.drift import Moved, Report
from fanzha.detection.learning.shelf import Lineage
from fanzha.detection.parity.report import Parity


def tell_drift(found: Report, what: str) -> None:
    """One look, in two lines."""
    print(f"drift of v{found.number}, {what}: {found.grade.upper()} (everybody {found.rows} numbers)")
    print(f"  everybody: score {_moved(found.score)}; {_furthest(found.fields)}")
    if found.busy is not None:
        crowd = found.busy
        print(
            f"  busy: {crowd.grade.upper()}; {_grown(crowd.there)}; {_grown(crowd.said)}; score {_moved(crowd.score)}"
        )
        print(f"    {_furthest(crowd.fields)}", flush=True)


def _grown(each: Moved) -> str:
    return f"{each.name} {each.then or 0:.0f} -> {each.now or 0:.0f} {each.grade}"


def _moved(each: Moved) -> str:
    then, now = (float("nan") if value is None else value for value in (each.then, each.now))
    return f"{each.name} {each.psi:.2f} {each.grade} ({then:.3g} -> {now:.3g})"


def _furthest(fields: list[Moved]) -> str:
    grades = Counter(each.grade for each in fields)
    return f"{grades['alarm']} alarm, {grades['watch']} watch; " + ", ".join(_moved(each) for each in fields[:4])


def tell_model(made: Lineage) -> None:
    """What was proposed, beside what speaks."""
    found = made.contest
    figure = found.challenger.figures["average_precision"]
    print(
        f"learn: v{made.number} from {made.learnt}, of {made.sources}; compared on {found.rows} ({found.fraud} fraud): "
        f"average precision {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}], advice: {found.advice}"
    )
    if found.champion is not None:
        was, gap = found.champion.figures["average_precision"], found.difference["average_precision"]
        print(f"       champion v{found.champion.version}: {was.value:.3f}; difference {gap.value:+.3f} "
              f"[{gap.low:+.3f}, {gap.high:+.3f}]")  # fmt: skip
    for side in (found.challenger, found.champion):
        if side is not None:
            print(f"       v{side.version} says fraud of {side.said_fraud}, abstains {side.abstained}", flush=True)


def tell_trial(name: str, trial: Trial) -> None:
    """A draft's victims."""
    side = trial.tried
    kinds = ", ".join(f"{kind.en} {kind.people}" for kind in side.kinds[:8])
    print(f"{name}: hits {side.hit}: {side.fraud} fraud, {side.honest} honest, {side.unknown} unknown; {kinds}")
    print(f"  cost: {side.cost.hours:,.0f} h without service, {side.cost.appeals.likely:.0f} appeals", flush=True)


def tell_parity(found: Parity) -> None:
    """How many stories differ, by each set of causes that explains one; all that nothing explains."""
    causes = Counter(" + ".join(sorted(cause.name for cause in each.causes)) or "none" for each in found.differences)
    print(f"parity of {found.calls:,} calls, {found.starts} starts, {found.packs} packs, {found.late:,} late calls: "
          f"{found.stories} stories, {found.differing} differ {dict(causes.most_common())}, "
          f"{found.unproven} unproven, {found.unexplained} unexplained", flush=True)  # fmt: skip
    for each in found.differences:
        if not each.causes:
            print(f"  unexplained: {each.scheme} of a {each.kind}, {each.what} {each.fields}", flush=True)
