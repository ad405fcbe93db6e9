"""Decides how a challenger comes to be: examples split in time, a model, a contest with the champion, a card, signed.

The version that is proposed is the very model that was compared: it has not seen the newest outcomes. So what a person
reads before releasing is true of what is released, and the next contest is on rows that this one never learnt from.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import msgspec

from fanzha.detection.learning.card import cards
from fanzha.detection.learning.contest import Contest, contest, enough, split_at
from fanzha.detection.learning.examples import Examples, Progress, examples_of
from fanzha.detection.learning.reference import Reference, reference_of
from fanzha.detection.learning.shelf import LINEAGE, REFERENCE, Lineage, Shelf
from fanzha.detection.learning.stretch import busy, everybody, stretch_before
from fanzha.detection.learning.terms import Terms, terms
from fanzha.detection.learning.terms import settings as light
from fanzha.detection.models.learner import Settings
from fanzha.detection.models.model import Model
from fanzha.detection.models.report import Report
from fanzha.detection.models.training import train_profiles
from fanzha.detection.outcomes import NAMES, Outcomes
from fanzha.errors import InputError
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake

_HINT = "judge more alerts, or wait for the answers of the police"


def learn(
    lake: Lake,
    outcomes: Outcomes,
    *,
    home: Path,
    network: str,
    made_at: str,
    made_by: str,
    seed: int = 0,
    progress: Progress | None = None,
    settings: Settings | None = None,
) -> Lineage:
    """Train a challenger on what was known before the split, compare it on what came after, and propose it.

    Raises InputError where there are too few outcomes, ModelError where models cannot run, Refused while another
    process learns.
    """
    tell, bounds, shelf = progress or (lambda _what, _share: None), terms(), Shelf(home, network)
    with shelf.writing():
        every = examples_of(lake, outcomes, network=network, seed=seed, progress=tell)
        split = _split(every, bounds)
        train, test = every.take(every.at < split), every.take(every.seen >= split)
        number = max(shelf.numbers(), default=0) + 1
        model, report = _trained(train, shelf, home, bounds.folds, seed, settings or light(), tell)
        found = _contested(test, shelf, (number, model), split, bounds, seed)
        lineage = Lineage(
            number=number, network=network, model=model.version, made_at=made_at, made_by=made_by, seed=seed,
            until=split, outcomes=len(outcomes), sources=_sources(outcomes), learnt=_counts(train),
            apart=_apart(outcomes, every, train, test), contest=found,
        )  # fmt: skip
        more = {
            LINEAGE: msgspec.json.format(msgspec.json.encode(lineage)) + b"\n",
            REFERENCE: msgspec.json.encode(_reference(lake, network, split, model, bounds, tell)),
            **cards(lineage, report, model),
        }
        model.save(shelf.folder(number), home=home, report=report.to_json().encode(), more=more)
    return lineage


def _trained(
    train: Examples, shelf: Shelf, home: Path, folds: int, seed: int, settings: Settings, tell: Progress
) -> tuple[Model, Report]:
    with tempfile.TemporaryDirectory(dir=shelf.root, prefix=".fresh-") as fresh:
        folder = Path(fresh) / "model"
        report = train_profiles(
            train.matrix, train.names, train.fraud, None, folder, folds=folds, repeats=1, seed=seed,
            home=home, settings=settings, progress=lambda what, done, total: tell(what, done / max(1, total)),
        )  # fmt: skip
        return Model.load(folder, home=home), report


def _reference(lake: Lake, network: str, split: int, model: Model, bounds: Terms, tell: Progress) -> Reference:
    """Whom one could see in the days before the split: what later days are compared with."""
    when = stretch_before(lake, network, split)
    return reference_of(
        everybody(lake, network, when, tell), busy(lake, network, when, tell), when, model, bounds.drift.bins,
        bounds.unsure[1],
    )  # fmt: skip


def _contested(
    test: Examples, shelf: Shelf, challenger: tuple[int, Model], split: int, bounds: Terms, seed: int
) -> Contest:
    """Against the champion on what neither learnt from; alone where too little of that is there."""
    champion = _champion(shelf)
    rivals = test.take(test.seen >= champion[2]) if champion else test
    if champion is None or not enough(rivals):
        return contest(test, challenger, None, split=split, bounds=bounds, seed=seed)
    return contest(rivals, challenger, champion[:2], split=split, bounds=bounds, seed=seed)


def _split(every: Examples, bounds: Terms) -> int:
    judged = every.take(~every.presumed)
    _check(judged, bounds, "all")
    split = split_at(judged.at, bounds.test_share)
    _check(judged.take(judged.at < split), bounds, "before the split")
    if not enough(judged.take(judged.seen >= split)):
        raise InputError("too few outcomes after the split to compare on", hint=_HINT)
    return split


def _check(judged: Examples, bounds: Terms, when: str) -> None:
    share = 1.0 if when == "all" else 1 - bounds.test_share
    for name, found, least in (
        ("fraudulent", int(judged.fraud.sum()), bounds.least_fraud),
        ("honest", int((~judged.fraud).sum()), bounds.least_honest),
    ):
        if found < int(least * share):
            raise InputError(
                f"{found} {name} outcomes with calls ({when}), {int(least * share)} are needed", hint=_HINT
            )


def _champion(shelf: Shelf) -> tuple[int, Model, int] | None:
    number = shelf.current()
    return (number, shelf.model(number), shelf.lineage(number).until) if number else None


def _sources(outcomes: Outcomes) -> dict[str, int]:
    return dict(sorted(Counter(row.source for row in outcomes).items()))


def _counts(rows: Examples) -> dict[str, int]:
    return {
        "fraud": int(rows.fraud.sum()),
        "judged_honest": int((~rows.fraud & ~rows.presumed).sum()),
        "presumed_honest": int(rows.presumed.sum()),
    }


def _apart(outcomes: Outcomes, every: Examples, train: Examples, test: Examples) -> dict[str, int]:
    """Outcomes = learnt from + compared on + these."""
    judged = {name: int((~rows.presumed).sum()) for name, rows in (("every", every), ("train", train), ("test", test))}
    numbers = sum(row.kind == EntityKind.NUMBER for row in outcomes)
    return {
        f"not_{NAMES[EntityKind.NUMBER]}": every.other,
        "superseded": numbers - judged["every"] - every.unknown - every.older,
        "older": every.older,
        "no_calls": every.unknown,
        "across_the_split": judged["every"] - judged["train"] - judged["test"],
        "compared_on": judged["test"],
    }
