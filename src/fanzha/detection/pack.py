"""Decides which rules run: the package's own, replaced or added to by an operator's files, checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path

from fanzha.detection.program import Program, compile_rules, fact_names, order
from fanzha.detection.rule import Rule, read_rules
from fanzha.detection.words import FILES, HERE, Scheme, Words, read_words
from fanzha.errors import RuleError, VocabularyError
from fanzha.numbering.codes import Kind
from fanzha.vocabulary.loader import read

CODES: dict[str, type[IntEnum]] = {"number_kind": Kind}


@dataclass(frozen=True)
class Pack:
    """Rules in program order, their words, and a hash of all that could change a verdict."""

    rules: tuple[Rule, ...]
    words: Words
    hash: str

    @cached_property
    def program(self) -> Program:
        """The arrays the kernel runs."""
        return compile_rules(self.rules, self.words)

    @property
    def schemes(self) -> Mapping[str, Scheme]:
        """Every scheme by id."""
        return self.words.schemes

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Names of the facts; a fact's code is its place plus one."""
        return fact_names(self.rules)

    @cached_property
    def cli(self) -> Mapping[tuple[str, str], int]:
        """The index of the false-CLI rule for a rule code and an action: ("R1", "label") -> 41."""
        return {(rule.cli, cli_action(rule)): at for at, rule in enumerate(self.rules) if rule.cli}

    def index(self, rule_id: str) -> int:
        """The place of a rule in the program. Raises RuleError."""
        for at, rule in enumerate(self.rules):
            if rule.id == rule_id:
                return at
        raise RuleError(f"no rule is called {rule_id}", hint="fanzha rules check lists them")


def cli_action(rule: Rule) -> str:
    """What a false-CLI rule asks of the network: block or label."""
    return "label" if rule.measure == "label" else "block"


def load_pack(dirs: Sequence[Path] = ()) -> Pack:
    """The package's rules, then each directory's: a file's rule replaces the rule of the same id.

    Raises RuleError or VocabularyError with file and line for anything that is not plainly right.
    """
    present = [directory for directory in dirs if directory.is_dir()]
    words = read_words(present, CODES)
    found: dict[str, Rule] = {}
    for directory in (HERE / "rules", *present):
        _replace(found, _rules_in(directory, words))
    rules = order(list(found.values()))
    _check_whole(rules)
    pack = Pack(rules, words, _digest(rules, words))
    _ = pack.program
    return pack


def _rules_in(directory: Path, words: Words) -> list[Rule]:
    files = sorted(path for path in directory.glob("*.yaml") if path.stem not in FILES)
    return [rule for path in files for rule in read_rules(read(path), words)]


def _replace(found: dict[str, Rule], rules: list[Rule]) -> None:
    own: set[str] = set()
    for rule in rules:
        if rule.id in own:
            hint = f"first at {found[rule.id].where}; rename one"
            raise RuleError(f"rule {rule.id} stands twice", where=rule.where, hint=hint)
        own.add(rule.id)
        found[rule.id] = rule


def _check_whole(rules: Sequence[Rule]) -> None:
    seen: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        if rule.cli and seen.setdefault((rule.cli, cli_action(rule)), rule) is not rule:
            raise RuleError(f"two rules answer for {rule.cli} {cli_action(rule)}", where=rule.where)


def _digest(rules: Sequence[Rule], words: Words) -> str:
    lines = [
        repr((rule.id, rule.version, rule.text, rule.score, rule.minimum, rule.on, rule.exemptions)) for rule in rules
    ]
    return hashlib.sha256("\n".join([words.digest, *lines]).encode()).hexdigest()[:16]


def check(dirs: Sequence[Path] = ()) -> list[str]:
    """What `fanzha rules check` prints: a line for each fault, none when the pack can run."""
    try:
        load_pack(dirs)
    except VocabularyError as error:
        return [str(error)]
    return []
