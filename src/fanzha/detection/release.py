"""Decides which versions of a rule run and what each may do: be recorded only, act on a share of numbers, or on all.

The desk writes one file a network, whole or not at all (`<rules>/released/NETWORK.json`); `load_pack` honours it for
scan, watch and backtest alike. A version that no line names runs live unless another version of its rule does.

    draft, reviewed, retired   not run
    shadow                     judged and recorded as it would have acted; raises nothing, tells no fact
    share                      acts on the numbers of its share, in place of the live version, which keeps the rest
    live                       acts on all
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from fanzha.detection.program import salt_of
from fanzha.detection.rule import WHOLE, Rule, Stage, read_rules
from fanzha.detection.words import Words
from fanzha.errors import RuleError, StorageError
from fanzha.profiles.contacts import mix
from fanzha.vocabulary.loader import parse

FORMAT = "fanzha-release/1"
_HINT = "the desk writes it again (规则实验室); without it the rules of the files run"


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one version of a rule may do. text: its YAML, a rule file of one rule; always there where it runs.

    permille: of a share, 1 to 999. tripped: why it fell to shadow by itself, "" if it did not; at: since when (UTC).
    """

    rule: str
    version: int
    stage: Stage
    permille: int = 0
    text: str = ""
    tripped: str = ""
    at: str = ""


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What runs in one network. number: rises with every change."""

    number: int
    network: str
    made_at: str
    versions: list[Version]
    format: str = FORMAT


def path_of(rules: Path, network: str) -> Path:
    """Where a network's release lies beside the rule files of `rules`."""
    return rules / "released" / f"{network}.json"


def write_release(path: Path, release: Release) -> None:
    """Put the file in place whole or not at all. Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".release-", delete=False) as file:
            file.write(msgspec.json.format(msgspec.json.encode(release)))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        hint = "free some disk space; until then the former release stands"
        raise StorageError(f"the release cannot be written: {error.strerror}", where=str(path), hint=hint) from error


def read_release(path: Path) -> Release | None:
    """The release, None where there is none yet. Raises RuleError for anything that is not plainly right."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RuleError(f"the release cannot be read: {error.strerror}", where=str(path), hint=_HINT) from error
    try:
        found = msgspec.json.decode(data, type=Release)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"not a release: {error}", where=str(path), hint=_HINT) from None
    if found.format != FORMAT:
        raise RuleError(f"a release of another kind: {found.format}", where=str(path), hint=_HINT)
    _check(found, path)
    return found


def _check(release: Release, path: Path) -> None:
    seen: set[tuple[str, object]] = set()
    for each in release.versions:
        names: list[tuple[str, object]] = [(each.rule, each.version)]
        if each.stage in (Stage.SHARE, Stage.LIVE):
            names.append((each.rule, each.stage))
        where = f"{path}: {each.rule}@{each.version}"
        if seen.intersection(names):
            raise RuleError("stands twice, or beside another of its stage", where=where, hint=_HINT)
        seen.update(names)
        if each.stage == Stage.SHARE and not 1 <= each.permille <= 999:
            raise RuleError(f"a share of {each.permille} permille is none", where=where, hint="1 to 999")


def share_of(key: int, rule_id: str) -> int:
    """Where an entity falls in a rule's shares, 0 to 999: the same for ever and for every version of the rule."""
    return int(mix(int(key) ^ salt_of(rule_id))) % 1000


def in_share(key: int, permille: int, rule_id: str) -> bool:
    """Whether an entity (its int64 key) belongs to the first `permille` of a rule; a larger share holds the smaller."""
    return share_of(key, rule_id) < permille


def acts_on(rule: Rule, key: int) -> bool:
    """Whether a version may act on this entity."""
    low, high = rule.share
    return not rule.shadow and ((low, high) == WHOLE or low <= share_of(key, rule.id) < high)


def rule_of(text: str, words: Words, name: str) -> Rule:
    """The one rule of a text, which errors call `name`. Raises RuleError or VocabularyError with its line."""
    rules = read_rules(parse(text, name), words)
    if len(rules) != 1:
        raise RuleError(f"one rule is wanted here, not {len(rules)}", where=name, hint="draft each rule by itself")
    return rules[0]


def staged(files: Sequence[Rule], release: Release, words: Words, path: Path) -> list[Rule]:
    """The versions that run, each knowing its stage and share; `files` are the files' rules, in their order."""
    told: Mapping[tuple[str, int], Version] = {(each.rule, each.version): each for each in release.versions}
    taken = {each.rule for each in release.versions if each.stage == Stage.LIVE}
    shared = {each.rule: each.permille for each in release.versions if each.stage == Stage.SHARE}
    found: list[Rule] = []
    for rule in files:
        each = told.get((rule.id, rule.version))
        if each is None and rule.id not in taken:
            found.append(replace(rule, share=(shared.get(rule.id, 0), WHOLE[1])))
    for each in release.versions:
        if each.stage.runs:
            rule = _version(each, words, path)
            low = shared.get(rule.id, 0) if each.stage == Stage.LIVE else 0
            high = each.permille if each.stage == Stage.SHARE else WHOLE[1]
            found.append(replace(rule, stage=each.stage, share=(low, high)))
    return _in_order(found, files)


def _version(each: Version, words: Words, path: Path) -> Rule:
    name = f"{path}: {each.rule}@{each.version}"
    if not each.text:
        raise RuleError("runs, but its text is not there", where=name, hint=_HINT)
    rule = rule_of(each.text, words, name)
    if (rule.id, rule.version) != (each.rule, each.version):
        raise RuleError(f"its text is of {rule.id}@{rule.version}", where=name, hint=_HINT)
    return rule


def _in_order(found: Sequence[Rule], files: Sequence[Rule]) -> list[Rule]:
    """The files' order, newcomers last, versions of one rule side by side, oldest first."""
    place = {rule.id: at for at, rule in enumerate(files)}
    return sorted(found, key=lambda rule: (place.get(rule.id, len(place)), rule.id, rule.version))
