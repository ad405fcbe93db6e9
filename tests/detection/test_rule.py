from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.detection.pack import Pack
from fanzha.detection.rule import Rule, Text, read_rules
from fanzha.errors import VocabularyError
from fanzha.profiles.fields import EntityKind
from fanzha.vocabulary.loader import parse

GOOD = """\
scheme: mass_dialling
defaults:
  legal: art. 11
  source: "[ENG]"
  as_of: 2026-11-22
  owner: rules desk
  exemptions: [SERVICE_LINES]
rules:
  - id: own.rule
    version: 2
    family: volume
    title: {zh: 标题, en: title}
    why: because
    on: out
    when: >-
      contacts_1h >= 30
      and out_1h / contacts_1h <= 1.5
    score: 60
    minimum: 30
    measure: warn
"""


def read(text: str, pack: Pack) -> list[Rule]:
    return read_rules(parse(text, "own.yaml"), pack.words)


def test_a_rule_is_read_with_its_defaults(pack: Pack) -> None:
    (rule,) = read(GOOD, pack)
    assert (rule.id, rule.version, rule.scheme, rule.entity, rule.on) == ("own.rule", 2, "mass_dialling", 0, "out")
    assert rule.text == "contacts_1h >= 30 and out_1h / contacts_1h <= 1.5"
    assert rule.legal == Text("art. 11", "art. 11")  # a plain text stands for both languages
    assert (rule.source, str(rule.as_of), rule.owner) == ("[ENG]", "2026-11-22", "rules desk")
    assert rule.exemptions == ("SERVICE_LINES",)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("scheme: mass_dialling", "scheme: mass_dialing", 1, "mass_dialling"),
        ("family: volume", "family: volumes", 11, "volume"),
        ("contacts_1h >= 30", "contact_1h >= 30", 15, "contacts_1h"),
        ("contacts_1h >= 30", "contacts_1h ** 2 >= 30", 15, "not an amount"),
        ("contacts_1h >= 30", "hour_median >= 30", 15, "says nothing about a number"),
        ("contacts_1h >= 30", "contacts_1h in NOWHERE", 15, "NOWHERE"),
        ("contacts_1h >= 30", "1 > 0", 15, "`1 > 0` looks at no field (column 1)"),
        ("contacts_1h >= 30", "(out_1h >= 30 or 3 in SERVICE_LINES)", 15, "`3 in SERVICE_LINES` looks at no field"),
        ("contacts_1h >= 30\n      and out_1h / contacts_1h <= 1.5", "out_1h >= 0", 15, "hits everybody"),
        ("contacts_1h >= 30\n      and out_1h / contacts_1h <= 1.5", "out_1h == out_1h", 15, "hits everybody"),
        ("contacts_1h >= 30\n      and out_1h / contacts_1h <= 1.5", "not out_1h > 9 or out_1h > 2", 15, "everybody"),
        ("score: 60", "score: 90", 18, "at most 85"),
        ("score: 60", "score: many", 18, "float"),
        ("minimum: 30", "minimum: 3", 19, "at least 4"),
        ("measure: warn", "measure: stop", 20, "too strict"),
        ("measure: warn", "measure: suspend", 20, "no measure is called suspend"),
        ("version: 2", "version: 0", 10, "version"),
        ("exemptions: [SERVICE_LINES]", "exemptions: [NOBODY]", 9, "NOBODY"),
        ("why: because", "wy: because", 13, "wy"),
        ("    why: because\n", "", 9, "why"),
        ("on: out", "on: outgoing", 14, "outgoing"),
        ("on: out", "entity: cells", 14, "cells"),
        ("title: {zh: 标题, en: title}", "title: {zh: 标题}", 12, "en"),
        ("    when: >-\n      contacts_1h >= 30\n      and out_1h / contacts_1h <= 1.5\n", "", 9, "`when` or `cli`"),
        ("    score: 60\n", "", 9, "score and a measure"),
        ("as_of: 2026-11-22", "as_of: lately", 5, "date"),
    ],
)
def test_every_slip_names_file_and_line(pack: Pack, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    with pytest.raises(VocabularyError) as caught:
        read(GOOD.replace(old, new, 1), pack)
    assert caught.value.where == f"own.yaml:{line}", str(caught.value)
    assert says in str(caught.value)


def test_a_fact_has_no_score_and_comes_from_a_number_or_a_device(pack: Pack) -> None:
    fact = GOOD.replace("    score: 60\n", "").replace("measure: warn", "emits: {fact: seen, to: site}")
    (rule,) = read(fact, pack)
    assert rule.emits is not None
    assert (rule.emits.fact, rule.emits.to, rule.score) == ("seen", "site", 0.0)
    (device,) = read(fact.replace("on: out", "entity: device"), pack)
    assert device.emits == rule.emits
    for bad in (fact + "    score: 60\n", fact.replace("on: out", "entity: cell"), fact.replace("site", "police")):
        with pytest.raises(VocabularyError):
            read(bad, pack)


def test_exemptions_spare_only_numbers_of_a_known_kind(pack: Pack) -> None:
    device = GOOD.replace("on: out", "entity: device")
    (rule,) = read(device, pack)
    assert rule.entity == EntityKind.DEVICE
    assert rule.exemptions == ()
    assert rule.judged is rule.condition


def test_every_shipped_file_carries_source_and_date(pack: Pack) -> None:
    folder = Path(__file__).parents[2] / "src/fanzha/detection/rules"
    assert {path.stem for path in folder.glob("*.yaml")} <= set(pack.schemes)
    for rule in pack.rules:
        assert rule.source, rule.id
        assert rule.legal, rule.id
        assert rule.owner, rule.id
        assert rule.why, rule.id
