"""Decides which rules run: the package's own, replaced or added to by an operator's files, checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path

from fanzha.detection.program import Program, compile_rules, fact_names, order
from fanzha.detection.release import path_of, read_release, staged
from fanzha.detection.rule import WHOLE, Rule, Stage, read_rules
from fanzha.detection.words import FILES, HERE, Scheme, Words, read_words
from fanzha.errors import RuleError, VocabularyError
from fanzha.numbering.codes import Kind
from fanzha.vocabulary.loader import read

CODES: dict[str, type[IntEnum]] = {"number_kind": Kind}


@dataclass(frozen=True)
class Pack:
    """Rules in program order, shadows among them, their words, and a hash of all that could change a verdict.

    release: the number of the release that they were taken from, 0 where there was none. dirs, network: what
    `load_pack` was asked for.
    """

    rules: tuple[Rule, ...]
    words: Words
    hash: str
    release: int = 0
    dirs: tuple[Path, ...] = ()
    network: str = "default"

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

    @cached_property
    def acting(self) -> tuple[int, ...]:
        """The places of the rules that may raise alerts or tell facts: all but the shadows."""
        return tuple(at for at, rule in enumerate(self.rules) if not rule.shadow)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        ranked = sorted(enumerate(self.rules), key=lambda each: _RANK[each[1].stage])
        return {rule.name: at for at, rule in ranked} | {rule.id: at for at, rule in ranked}

    def place(self, name: str) -> int | None:
        """Where a rule ("id", the live version before others) or a version ("id@version", else any) is, if at all."""
        found = self._places.get(name)
        return self._places.get(name.partition("@")[0]) if found is None else found

    def index(self, rule_id: str) -> int:
        """The place of a rule in the program. Raises RuleError."""
        found = self.place(rule_id)
        if found is None:
            raise RuleError(f"no rule is called {rule_id}", hint="fanzha rules list shows them")
        return found


_RANK = {Stage.SHADOW: 0, Stage.SHARE: 1, Stage.LIVE: 2}  # of versions of one rule the last is meant by its id


def cli_action(rule: Rule) -> str:
    """What a false-CLI rule asks of the network: block or label."""
    return "label" if rule.measure == "label" else "block"


def load_pack(dirs: Sequence[Path] = (), network: str = "default") -> Pack:
    """The package's rules, then each directory's: a file's rule replaces the rule of the same id; then the release.

    The last directory with a release of this network (`released/NETWORK.json`) decides which versions run.
    Raises RuleError or VocabularyError with file and line for anything that is not plainly right.
    """
    present = [directory for directory in dirs if directory.is_dir()]
    words = read_words(present, CODES)
    found: dict[str, Rule] = {}
    for directory in (HERE / "rules", *present):
        _replace(found, _rules_in(directory, words))
    released = [path for each in present if (path := path_of(each, network)).is_file()]
    release = read_release(released[-1]) if released else None
    rules = list(found.values())
    if release is not None:
        rules = staged(rules, release, words, released[-1])
    pack = whole(rules, words, release.number if release else 0)
    return replace(pack, dirs=tuple(present), network=network)


def whole(rules: Sequence[Rule], words: Words, release: int = 0) -> Pack:
    """A pack of these rules, in program order, checked as one. Raises RuleError."""
    ordered = order(rules)
    _check_whole(ordered)
    pack = Pack(ordered, words, _digest(ordered, words), release)
    _ = pack.program
    return pack


class Rulebook:
    """A pack that follows its release: read again whenever the desk has written another."""

    def __init__(self, dirs: Sequence[Path], network: str) -> None:
        self._dirs, self._network = tuple(dirs), network
        self._seen = self._marks()
        self.pack = load_pack(self._dirs, network)

    def renewed(self) -> Pack | None:
        """The pack of a release that was written since the last look, None where there is none.

        Raises VocabularyError, once, for a release that cannot run; the former pack stands then.
        """
        marks = self._marks()
        if marks == self._seen:
            return None
        self._seen = marks
        fresh = load_pack(self._dirs, self._network)
        former, self.pack = self.pack, fresh
        return None if fresh.hash == former.hash and fresh.release == former.release else fresh

    def _marks(self) -> list[tuple[int, int]]:
        paths = [path_of(each, self._network) for each in self._dirs]
        return [(stat.st_mtime_ns, stat.st_ino) for path in paths if path.is_file() and (stat := path.stat())]


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
    lines += [repr((rule.name, str(rule.stage), rule.share)) for rule in rules if rule.shadow or rule.share != WHOLE]
    return hashlib.sha256("\n".join([words.digest, *lines]).encode()).hexdigest()[:16]


def with_rule(pack: Pack, rule: Rule) -> Pack:
    """The same pack with this rule in place of every version of its id, or beside the others. Raises RuleError."""
    return whole([*(known for known in pack.rules if known.id != rule.id), rule], pack.words, pack.release)


def check(dirs: Sequence[Path] = ()) -> list[str]:
    """What `fanzha rules check` prints: a line for each fault, none when the pack can run."""
    try:
        load_pack(dirs)
    except VocabularyError as error:
        return [str(error)]
    return []
