"""Decides which rule is tried beside which, and how one threshold of it is swept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fanzha.detection.alert import SHOWN_AS
from fanzha.detection.backtest.report import Version
from fanzha.detection.condition import (
    Amount,
    And,
    Comparison,
    Condition,
    Leaf,
    Not,
    Number,
    Or,
    fields_of,
    leaves,
    text_of,
)
from fanzha.detection.pack import Pack
from fanzha.detection.rule import WHOLE, Rule, Stage, read_rules
from fanzha.errors import RuleError, UsageError
from fanzha.vocabulary.loader import read

POINTS = 20
MOST_POINTS = 100
_RISING = (">", ">=")  # a higher threshold makes these harder to meet


def find_draft(pack: Pack, name: str) -> Rule:
    """The rule to try: an id or id@version of the pack, or a file of rules (FILE.yaml, FILE.yaml#ID of several).

    Raises RuleError or VocabularyError with file and line.
    """
    file, _, wanted = name.partition("#")
    if not file.endswith((".yaml", ".yml")):
        codes = [rule for rule in pack.rules if rule.cli and rule.cli == name.upper()]  # "R1": its first rule
        found = codes[0] if codes else pack.rules[pack.index(name)]
        if "@" in name and found.name != name:
            raise RuleError(f"no version is called {name}", hint=f"the pack has {found.name}")
        return checked(found)
    rules = read_rules(read(Path(file)), pack.words)
    wished = [rule for rule in rules if wanted in ("", rule.id)]
    if len(wished) != 1:
        known = ", ".join(rule.name for rule in rules) or "none"
        raise RuleError(f"one rule is tried at a time; here are: {known}", where=file, hint=f"{Path(file).name}#ID")
    return checked(wished[0])


def checked(rule: Rule) -> Rule:
    """The same rule as if it acted on everybody. Raises RuleError for a false-CLI rule.

    R1-R8 have no condition to try: the number plan and the trunk's contract decide them on every call, whatever a
    draft says; a draft of one can change its score and its measure alone, which hit nobody else.
    """
    if rule.judged is None:
        what = f"{rule.id} has no condition to try: {rule.cli} is decided on each call by the number plan"
        hint = "fanzha scan --only false_cli shows whom it hits, fanzha verdicts try what a policy would have answered"
        raise RuleError(what, where=rule.where, hint=hint)
    return replace(rule, stage=Stage.LIVE, share=WHOLE)


def live_version(pack: Pack, draft: Rule) -> Rule | None:
    """The version of the same id that acts today, unless it is the draft itself or another kind of entity's."""
    place = pack.place(draft.id)
    found = None if place is None else pack.rules[place]
    if found is None or found.shadow or found.judged is None or found.entity != draft.entity:
        return None
    return None if digest(found) == digest(draft) else checked(found)


def digest(rule: Rule) -> str:
    """A hash of all that could change whom this rule hits and what follows."""
    judged = text_of(rule.judged) if rule.judged is not None else rule.cli
    lists = [leaf.values for leaf in leaves(rule.judged) if not isinstance(leaf, Comparison)] if rule.judged else []
    words = (rule.id, rule.version, rule.entity, rule.on, judged, lists, rule.score, rule.minimum, rule.measure)
    return hashlib.sha256(repr((words, rule.family, rule.scheme)).encode()).hexdigest()[:16]


def version_of(rule: Rule) -> Version:
    """The rule as a report names it."""
    return Version(
        id=rule.id,
        version=rule.version,
        digest=digest(rule),
        title=rule.title,
        scheme=rule.scheme,
        family=rule.family,
        entity=SHOWN_AS.get(rule.entity, rule.entity).name.lower(),
        when=rule.text,
        exemptions=list(rule.exemptions),
        score=rule.score,
        minimum=rule.minimum,
        measure=rule.measure,
    )


def reads_level(rule: Rule) -> bool:
    """Whether it asks for the score of open alerts, which all rules together make."""
    return rule.judged is not None and any(ref.name == "level" for ref in fields_of(rule.judged))


def find_leaf(rule: Rule, wanted: str) -> int:
    """The place of a leaf that can be swept: by its place, or the first that reads this field. Raises UsageError."""
    assert rule.condition is not None
    found = list(leaves(rule.condition))
    for at, leaf in enumerate(found):
        if wanted == str(at) or (not wanted.isdigit() and wanted in {ref.name for ref in fields_of(leaf)}):
            threshold_of(leaf)
            return at
    told = "; ".join(f"{at}: {text_of(leaf)}" for at, leaf in enumerate(found))
    raise UsageError(f"{rule.id} has no leaf {wanted}", where="--sweep", hint=told)


def threshold_of(leaf: Leaf) -> float:
    """The number a leaf compares with. Raises UsageError where there is none to move."""
    if isinstance(leaf, Comparison) and leaf.op not in ("==", "!="):
        for side in (leaf.right, leaf.left):
            if isinstance(side, Number):
                return side.value
    hint = "sweep a leaf like `contacts_1h >= 20`"
    raise UsageError(f"`{text_of(leaf)}` has no threshold to move", where="--sweep", hint=hint)


def _usual_points(value: float) -> list[float]:
    """Twenty thresholds about the draft's own, from an eighth of it to two and a half times; whole ones for a count."""
    whole = value == int(value)
    step = 1.0 if whole and abs(value) <= 8 else value / 8
    return sorted(
        {value} | {round(step * at, 0 if whole else 6) for at in range(1, POINTS + 1) if at != 8 or step == 1}
    )


def usual_thresholds(rule: Rule, leaf: int) -> list[float]:
    """Twenty thresholds about the own one of a leaf. Raises UsageError where there is no such leaf, or it has none."""
    return _usual_points(threshold_of(leaf_at(rule, leaf)))


def leaf_at(rule: Rule, leaf: int) -> Leaf:
    """The leaf at a place of the rule's text, from 0. Raises UsageError."""
    assert rule.condition is not None
    found = list(leaves(rule.condition))
    if not 0 <= leaf < len(found):
        raise UsageError(f"{rule.id} has no leaf {leaf}", where="--sweep", hint=f"0 to {len(found) - 1}")
    return found[leaf]


def ladder(rule: Rule, leaf: int, thresholds: Sequence[float]) -> list[tuple[float, Rule]]:
    """The rule with each threshold in place of one leaf's own, loosest first: each holds wherever the next one does.

    Raises UsageError for more than 100 thresholds, none, or a leaf that has none.
    """
    assert rule.condition is not None
    assert rule.judged is not None
    threshold_of(leaf_at(rule, leaf))
    if not 1 <= len(set(thresholds)) <= MOST_POINTS:
        raise UsageError(f"{len(set(thresholds))} thresholds", where="--points", hint=f"1 to {MOST_POINTS}")
    strict = _stricter_upwards(rule.condition, leaf)
    rungs = sorted(set(thresholds), reverse=not strict)
    return [(value, _with(rule, leaf, value)) for value in rungs]


def _with(rule: Rule, leaf: int, value: float) -> Rule:
    """The rule with another threshold in one leaf; exemptions stand behind the condition, so a leaf keeps its place."""
    assert rule.condition is not None
    assert rule.judged is not None
    changed, judged = (_put(node, leaf, value)[0] for node in (rule.condition, rule.judged))
    return replace(rule, condition=changed, judged=judged)


def _stricter_upwards(condition: Condition, leaf: int) -> bool:
    """Whether a higher threshold in this leaf makes the whole harder to meet; every `not` turns that about."""
    found = list(leaves(condition))[leaf]
    assert isinstance(found, Comparison)
    rising = (found.op in _RISING) == isinstance(found.right, Number)
    return rising != bool(_negations(condition, leaf)[0] % 2)


def _negations(node: Condition, leaf: int) -> tuple[int, int]:
    """How many `not` stand above a leaf, and how many leaves there are; -1 where the leaf is not below."""
    if isinstance(node, And | Or):
        seen, found = 0, -1
        for part in node.parts:
            inner, count = _negations(part, leaf - seen)
            found = inner if inner >= 0 else found
            seen += count
        return found, seen
    if isinstance(node, Not):
        inner, count = _negations(node.operand, leaf)
        return (inner + 1 if inner >= 0 else inner), count
    return (0 if leaf == 0 else -1), 1


def _put(node: Condition, leaf: int, value: float) -> tuple[Condition, int]:
    """The tree with another threshold in one leaf, and how many leaves it has."""
    if isinstance(node, And | Or):
        parts: list[Condition] = []
        seen = 0
        for part in node.parts:
            made, count = _put(part, leaf - seen, value)
            parts.append(made)
            seen += count
        return type(node)(tuple(parts)), seen
    if isinstance(node, Not):
        made, count = _put(node.operand, leaf, value)
        return Not(made), count
    if leaf != 0 or not isinstance(node, Comparison):
        return node, 1
    return _moved(node, Number(value)), 1


def _moved(leaf: Comparison, value: Amount) -> Comparison:
    return replace(leaf, right=value) if isinstance(leaf.right, Number) else replace(leaf, left=value)
