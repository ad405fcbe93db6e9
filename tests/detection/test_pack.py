from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fanzha.detection.condition import Arithmetic, Comparison, FieldRef, Membership, Number, Or, leaves, truth
from fanzha.detection.counterfactual import counterfactual
from fanzha.detection.judge import code_of
from fanzha.detection.pack import Pack, check, load_pack
from fanzha.detection.rule import Rule
from fanzha.detection.strength import holds, strength
from fanzha.errors import RuleError, VocabularyError
from fanzha.profiles.fields import BY_NAME, FIELDS, EntityKind

from .conftest import Vector

Make = Callable[..., Vector]
OWN = """\
scheme: mass_dialling
defaults: {legal: art. 11, source: "[ENG]", as_of: 2026-11-22, owner: desk}
rules:
  - id: ID
    version: 7
    family: volume
    title: {zh: 自定, en: own}
    why: ours
    when: contacts_24h >= 99
    score: 60
    measure: warn
"""


def test_the_pack_covers_the_schemes_of_the_issue(pack: Pack) -> None:
    assert set(pack.schemes) == {rule.scheme for rule in pack.rules}
    assert {rule.cli for rule in pack.rules if rule.cli} == {f"R{n}" for n in range(1, 9)}
    for scheme in pack.schemes.values():
        assert scheme.zh, scheme.id
        assert scheme.en, scheme.id


def test_no_family_alone_reaches_a_stop(pack: Pack) -> None:
    stop = next(band.start for band in pack.words.bands.bands if band.measure == "stop")
    assert pack.words.bands.cap < stop
    for rule in pack.rules:
        assert rule.score <= pack.words.bands.cap, rule.id
        assert rule.measure != "stop", rule.id


def test_every_rule_says_why_in_both_languages_with_source_and_date(pack: Pack) -> None:
    for rule in pack.rules:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in rule.title.zh), rule.id
        assert rule.title.en.isascii(), rule.id
        assert rule.source, rule.id
        assert rule.as_of.year >= 2026, rule.id
        assert not rule.minimum < 4, rule.id


def test_a_victim_is_never_more_than_watched(pack: Pack) -> None:
    """B4-B6, domain 2.6: who is called by fraud is warned; no band that measures a suspect may reach a victim."""
    own = [at for at, rule in enumerate(pack.rules) if rule.entity == EntityKind.VICTIM]
    assert own
    assert max(pack.rules[at].score for at in own) < pack.words.bands.bands[1].start
    assert len({pack.rules[at].family for at in own}) == 1


# What the generic maker below cannot guess.
BY_HAND: dict[str, dict[str, float]] = {
    "cell_anomaly.surge": {"hour_out": 90, "hour_days": 5, "hour_median": 20, "hour_mad": 4},
    "cell_anomaly.few_make_it": {
        "hour_out": 90,
        "hour_days": 5,
        "hour_median": 20,
        "out_1h": 90,
        "contacts_1h": 6,
        "in_answered_1h": 2,
    },
}


def culprit(rule: Rule, make: Make) -> Vector:
    """A vector on which this rule holds, made from its own thresholds."""
    if rule.id in BY_HAND:
        return make(**BY_HAND[rule.id])
    known: dict[str, float] = {}
    assert rule.condition is not None
    parts = [leaf for leaf in leaves(rule.condition) if isinstance(leaf, Comparison)]
    for leaf in parts:
        if isinstance(leaf.left, FieldRef) and isinstance(leaf.right, Number):
            least = leaf.op in (">=", ">")
            value = leaf.right.value + (leaf.op == ">")
            before = known.get(leaf.left.name)
            known[leaf.left.name] = value if before is None else (max(before, value) if least else min(before, value))
    for _ in range(3):
        for leaf in parts:
            _fit(leaf, known)
    for found in leaves(rule.condition):
        if isinstance(found, Membership) and isinstance(found.value, FieldRef):
            known[found.value.name] = 1.0 if found.negated else found.values[0]
    return make(**known)


def _fit(leaf: Comparison, known: dict[str, float]) -> None:
    ratio, bound = leaf.left, leaf.right
    if not isinstance(ratio, Arithmetic) or not isinstance(bound, Number):
        return
    assert isinstance(ratio.left, FieldRef)
    assert isinstance(ratio.right, FieldRef)
    over, under = ratio.left.name, ratio.right.name
    if leaf.op == ">=":
        known.setdefault(under, 20.0)
        known[over] = max(known.get(over, 0.0), float(math.ceil(bound.value * known[under])))
    elif over in known and known[over] > bound.value * known.get(under, 0.0):
        known[under] = max(known.get(under, 0.0), float(math.ceil(known[over] / bound.value)))
    else:
        known.setdefault(under, 20.0)
        known.setdefault(over, float(math.floor(bound.value * known[under])))


def _judged(pack: Pack) -> list[Rule]:
    return [rule for rule in pack.rules if not rule.cli]


@pytest.mark.parametrize("rule", _judged(load_pack()), ids=lambda rule: rule.id)
def test_every_rule_fires_on_its_culprit_and_not_on_the_neighbour(rule: Rule, pack: Pack, vector: Make) -> None:
    made, at = culprit(rule, vector), pack.index(rule.id)
    assert rule.condition is not None
    assert holds(pack.program, at, made), [
        (leaf, truth(leaf, made.tolist())) for leaf in leaves(rule.condition) if truth(leaf, made.tolist()) is not True
    ]
    found = counterfactual([rule.condition], made, lambda changed: not holds(pack.program, at, changed))
    assert found is not None
    made[found.field.index] = found.instead
    assert not holds(pack.program, at, made)


@pytest.mark.parametrize("rule", _judged(load_pack()), ids=lambda rule: rule.id)
def test_a_rule_that_knows_nothing_never_fires(rule: Rule, pack: Pack, vector: Make) -> None:
    assert not holds(pack.program, pack.index(rule.id), vector())
    assert not holds(pack.program, pack.index(rule.id), vector(rest=0.0))


@pytest.mark.parametrize("rule", _judged(load_pack()), ids=lambda rule: rule.id)
def test_each_field_alone_can_silence_by_being_unknown(rule: Rule, pack: Pack, vector: Make) -> None:
    assert rule.condition is not None
    if any(isinstance(part, Or) for part in getattr(rule.condition, "parts", (rule.condition,))):
        pytest.skip("an `or` may stand on its other leg")
    made = culprit(rule, vector)
    for leaf in leaves(rule.condition):
        ref = leaf.left if isinstance(leaf, Comparison) else leaf.value
        if isinstance(ref, FieldRef):
            blind = made.copy()
            blind[ref.index] = np.nan
            assert not holds(pack.program, pack.index(rule.id), blind), ref.name


@pytest.mark.parametrize("rule", _judged(load_pack()), ids=lambda rule: rule.id)
def test_the_gate_never_hides_a_rule(rule: Rule, pack: Pack, vector: Make) -> None:
    at, made = pack.index(rule.id), culprit(rule, vector)
    made[BY_NAME["call_out"].index] = 1.0
    assert made[pack.program.gate_field[at]] >= pack.program.gate_low[at]


def test_lines_of_service_are_exempt_and_an_unknown_kind_is_not(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("wangiri.one_ring_day")]
    made = culprit(rule, vector)
    for kind, expected in ((np.nan, True), (1.0, True), (7.0, False), (8.0, False), (9.0, False), (13.0, False)):
        made[BY_NAME["number_kind"].index] = kind
        assert holds(pack.program, pack.index(rule.id), made) is expected, kind


def test_rules_of_a_kind_read_only_fields_of_that_kind(pack: Pack) -> None:
    for rule, gate in zip(pack.rules, pack.program.gate_field, strict=True):
        if not rule.cli:
            assert rule.entity in FIELDS[gate].kinds, rule.id


def test_an_operator_replaces_a_rule_by_its_id_and_adds_others(tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "own.yaml").write_text(OWN.replace("ID", "mass_dialling.strangers") + OWN[OWN.index("  - id") :])
    own = load_pack([tmp_path])
    assert len(own.rules) == len(pack.rules) + 1
    assert own.rules[own.index("mass_dialling.strangers")].version == 7
    assert own.hash != pack.hash
    assert load_pack([tmp_path]).hash == own.hash
    assert load_pack([tmp_path / "absent"]).hash == pack.hash


def test_an_operator_replaces_bands_and_lists_whole(tmp_path: Path, pack: Pack) -> None:
    here = Path(__file__).parents[2] / "src/fanzha/detection"
    (tmp_path / "bands.yaml").write_text((here / "bands.yaml").read_text().replace("silent_days: 7", "silent_days: 3"))
    own = load_pack([tmp_path])
    assert own.words.bands.silent_days == 3
    assert own.hash != pack.hash


def test_the_same_id_twice_in_one_place_is_a_slip(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN + OWN[OWN.index("  - id") :])
    with pytest.raises(RuleError) as caught:
        load_pack([tmp_path])
    assert caught.value.where == f"{tmp_path}/own.yaml:12"
    assert "own.yaml:4" in caught.value.hint


def test_check_gives_lines_instead_of_raising(tmp_path: Path) -> None:
    assert check() == []
    (tmp_path / "own.yaml").write_text(OWN.replace("contacts_24h", "contacts_25h"))
    (line,) = check([tmp_path])
    assert f"{tmp_path}/own.yaml:9" in line


def test_too_many_rules_of_one_kind_are_refused(tmp_path: Path) -> None:
    rule = OWN[OWN.index("  - id") :]
    text = OWN[: OWN.index("  - id")] + "".join(rule.replace("ID", f"own.{n}") for n in range(40))
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(RuleError, match="more than 62 rules"):
        load_pack([tmp_path])


def test_a_fact_is_told_to_one_kind(tmp_path: Path, pack: Pack) -> None:
    kinds = {fact: EntityKind(pack.program.fact_kind[1 + at]).name for at, fact in enumerate(pack.facts)}
    assert set(kinds.values()) == {"BRIDGE", "RACK", "SITE", "VICTIM"}
    assert kinds["dialler_call"] == "BRIDGE"
    row = OWN.replace("    score: 60\n    measure: warn\n", "    emits: {fact: static_one_way, to: victim}\n")
    (tmp_path / "own.yaml").write_text(row)
    with pytest.raises(RuleError, match="two kinds"):
        load_pack([tmp_path])


def test_an_edited_threshold_compiles_nothing(tmp_path: Path, pack: Pack, vector: Make) -> None:
    from fanzha.detection import bytecode
    from fanzha.detection import strength as module

    made = vector(contacts_24h=50.0)
    rules = np.arange(pack.program.kind_last[EntityKind.NUMBER])
    strength(pack.program, rules, made)
    before = [len(module._strength.signatures), len(bytecode.evaluate.signatures)]
    (tmp_path / "own.yaml").write_text(OWN)
    own = load_pack([tmp_path])
    at = own.index("ID")
    assert not holds(own.program, at, made)
    (tmp_path / "own.yaml").write_text(OWN.replace("99", "49"))
    assert holds(load_pack([tmp_path]).program, at, made)
    strength(own.program, rules, made)
    assert [len(module._strength.signatures), len(bytecode.evaluate.signatures)] == before
    code = [code_of(one.program, EntityKind.NUMBER, watch=60.0, silent_s=1) for one in (pack, own)]
    assert [array.dtype for array in code[0]] == [array.dtype for array in code[1]]


def test_a_broken_word_list_names_its_line(tmp_path: Path) -> None:
    here = Path(__file__).parents[2] / "src/fanzha/detection"
    text = (here / "lists.yaml").read_text().replace("EMERGENCY,", "EMERGENCIES,")
    (tmp_path / "lists.yaml").write_text(text)
    with pytest.raises(VocabularyError) as caught:
        load_pack([tmp_path])
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "EMERGENCIES" in row)
    assert caught.value.where == f"{tmp_path}/lists.yaml:{line}"
    assert "EMERGENCIES" in caught.value.message
