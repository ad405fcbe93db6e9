"""Decides how a rule pack lies in memory for the step kernel: plain arrays, so that a new pack compiles nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.bytecode import Compiler
from fanzha.detection.condition import Comparison, FieldRef, Number, conjuncts
from fanzha.detection.rule import ON, Rule
from fanzha.detection.words import Words
from fanzha.errors import RuleError
from fanzha.profiles.fields import BY_NAME, EntityKind
from fanzha.profiles.layout import SCHEMES

MAX_RULES = 62  # of one kind: a profile keeps the rules that fired as bits of one int64


@dataclass(frozen=True)
class Program:
    """All rules, sorted by kind of entity; CLI rules come last and belong to no kind's slice.

    A shadow (release.py) has a scheme of its own, past `schemes`, and tells no fact: it touches no score but its own.
    Rules of kind k are `kind_first[k]` up to `kind_last[k]` (past the end); `rule_scheme` and `rule_family` index the
    words' schemes and families; `rule_emits` is 0 for an alert, else a fact's code, and `fact_kind[code]` the
    EntityKind that is told (-1 for code 0). A rule can hold only where `vector[gate_field] >= gate_low`: one look that
    spares the kernel most rules.
    """

    ops: NDArray[np.int32]  # [n, 2]
    constants: NDArray[np.float64]
    lists: NDArray[np.float64]
    list_offsets: NDArray[np.int64]
    rule_start: NDArray[np.int32]  # [R + 1]
    rule_kind: NDArray[np.int8]  # EntityKind; -1 for a CLI rule
    rule_on: NDArray[np.int8]  # 0 any, 1 outgoing, 2 incoming
    rule_minimum: NDArray[np.int32]
    rule_score: NDArray[np.float64]
    rule_scheme: NDArray[np.int16]
    rule_family: NDArray[np.int16]
    rule_emits: NDArray[np.int8]
    gate_field: NDArray[np.int32]
    gate_low: NDArray[np.float64]
    rule_home: NDArray[np.int16]  # the scheme that a shadow is scored as part of; -1 for a rule that acts
    rule_twin: NDArray[np.int16]  # the same for all versions of one rule
    rule_share: NDArray[np.int64]  # [R, 3]: acts on entities whose hash, salted, lies from low up to high of 1000
    kind_first: NDArray[np.int32]  # [5]
    kind_last: NDArray[np.int32]  # [5]
    fact_kind: NDArray[np.int8]  # [facts + 1]
    schemes: int
    families: int
    cap: float


def order(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules in the program's order: by kind of entity, then as given; CLI rules last."""
    return tuple(sorted(rules, key=lambda rule: len(EntityKind) if rule.cli else int(rule.entity)))


def compile_rules(rules: Sequence[Rule], words: Words) -> Program:
    """The program of rules already in `order`. Raises RuleError where a kind has too many."""
    compiler = Compiler()
    starts = [0]
    for rule in rules:
        if rule.judged is not None:
            compiler.add(rule.judged)
        starts.append(len(compiler.ops))
    kinds = [-1 if rule.cli else int(rule.entity) for rule in rules]
    facts = fact_names(rules)
    gates = [_gate(rule) for rule in rules]
    schemes, families = list(words.schemes), list(words.families)
    return Program(
        ops=np.array(compiler.ops, np.int32).reshape(-1, 2),
        constants=np.array(list(compiler.constants) or [0.0], np.float64),
        lists=np.array([value for values in compiler.lists for value in values], np.float64),
        list_offsets=np.cumsum([0, *(len(values) for values in compiler.lists)], dtype=np.int64),
        rule_start=np.array(starts, np.int32),
        rule_kind=np.array(kinds, np.int8),
        rule_on=np.array([ON.index(rule.on) for rule in rules], np.int8),
        rule_minimum=np.array([rule.minimum for rule in rules], np.int32),
        rule_score=np.array([rule.score for rule in rules], np.float64),
        rule_scheme=np.array(_slots(rules, schemes), np.int16),
        rule_family=np.array([families.index(rule.family) for rule in rules], np.int16),
        rule_emits=np.array([_fact(rule, facts) for rule in rules], np.int8),
        gate_field=np.array([index for index, _ in gates], np.int32),
        gate_low=np.array([low for _, low in gates], np.float64),
        rule_home=np.array([schemes.index(rule.scheme) if rule.shadow else -1 for rule in rules], np.int16),
        rule_twin=np.array(_twins(rules), np.int16),
        rule_share=np.array([(*rule.share, salt_of(rule.id)) for rule in rules], np.int64).reshape(-1, 3),
        kind_first=np.array([_first(kinds, kind) for kind in EntityKind], np.int32),
        kind_last=np.array([_first(kinds, kind) + _count(rules, kinds, kind) for kind in EntityKind], np.int32),
        fact_kind=np.array([-1, *_fact_kinds(rules, facts)], np.int8),
        schemes=len(schemes),
        families=len(families),
        cap=words.bands.cap,
    )


def salt_of(rule_id: str) -> int:
    """A rule's own salt of the hash that makes its shares, int64: two rules try themselves on different people."""
    digest = hashlib.sha256(f"fanzha-share/1:{rule_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _slots(rules: Sequence[Rule], schemes: list[str]) -> list[int]:
    """The scheme of each rule; a shadow's is its own, counted from the last scheme on within its kind of entity."""
    used: Counter[EntityKind] = Counter()
    found = []
    for rule in rules:
        if not rule.shadow or rule.cli:
            found.append(schemes.index(rule.scheme))
            continue
        found.append(len(schemes) + used[rule.entity])
        used[rule.entity] += 1
        if found[-1] >= SCHEMES:
            most = SCHEMES - len(schemes)
            hint = f"at most {most} of a kind at once: retire one, or let it go on"
            raise RuleError(f"too many rules in shadow: {rule.name}", where=rule.where, hint=hint)
    return found


def _twins(rules: Sequence[Rule]) -> list[int]:
    first: dict[str, int] = {}
    return [first.setdefault(rule.id, at) for at, rule in enumerate(rules)]


def _fact(rule: Rule, facts: tuple[str, ...]) -> int:
    return facts.index(rule.emits.fact) + 1 if rule.emits and not rule.shadow else 0


def fact_names(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The facts rules emit; a fact's code is its place here plus one."""
    return tuple(dict.fromkeys(rule.emits.fact for rule in rules if rule.emits))


def _gate(rule: Rule) -> tuple[int, float]:
    """The first plain test for a least value; without one, a field that is always known and never too low."""
    for part in conjuncts(rule.condition) if rule.condition else ():
        if not isinstance(part, Comparison) or part.op not in (">=", ">", "=="):
            continue
        if isinstance(part.left, FieldRef) and isinstance(part.right, Number):
            return part.left.index, part.right.value
    return BY_NAME["call_out"].index, -np.inf


def _first(kinds: list[int], kind: int) -> int:
    return sum(1 for known in kinds if 0 <= known < kind)


def _count(rules: Sequence[Rule], kinds: list[int], kind: int) -> int:
    found = kinds.count(kind)
    if found > MAX_RULES:
        last = [rule for rule, known in zip(rules, kinds, strict=True) if known == kind][-1]
        raise RuleError(f"more than {MAX_RULES} rules for one kind of entity", where=last.where, hint="drop some")
    return found


def _fact_kinds(rules: Sequence[Rule], facts: tuple[str, ...]) -> list[int]:
    found: dict[str, int] = {}
    for rule in rules:
        if rule.emits:
            kind = int(EntityKind[rule.emits.to.upper()])
            if found.setdefault(rule.emits.fact, kind) != kind:
                raise RuleError(f"fact {rule.emits.fact} is told to two kinds", where=rule.where, hint="name two facts")
    return [found[name] for name in facts]
