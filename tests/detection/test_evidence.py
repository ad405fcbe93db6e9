from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fanzha.detection.counterfactual import Counterfactual, Probe
from fanzha.detection.evidence import items_of, shown, tell, unknown_of
from fanzha.detection.pack import Pack
from fanzha.profiles.fields import BY_NAME, EntityKind

from .conftest import Vector

Make = Callable[..., Vector]


def test_each_leaf_stands_beside_its_threshold_in_both_languages(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("mass_dialling.strangers")]
    items = items_of(rule, vector(contacts_24h=46.0, out_24h=50.0, out_new_24h=20.0))
    assert [(item.value, item.op, item.threshold, item.state) for item in items] == [
        (46.0, ">=", 10.0, "holds"),
        (1.086957, "<=", 1.6, "holds"),
        (0.4, ">=", 0.6, "fails"),
    ]
    assert items[0].zh == "近24小时不同被叫数为 46，阈值不低于 10（满足）"
    assert items[0].en == "distinct numbers called in the last 24 hours: 46, at least 10 (holds)"
    assert items[1].fields == ["out_24h", "contacts_24h"]


def test_what_nobody_knows_is_said_to_be_unknown(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("mass_dialling.young_card")]
    known = vector(contacts_24h=46.0, out_24h=50.0, out_new_24h=40.0)
    (age, *_) = items_of(rule, known)
    assert (age.state, age.value) == ("unknown", None)
    assert "未知" in age.zh
    names = [text.en for text in unknown_of(Probe([rule.condition]).asked, known)]
    assert BY_NAME["age_days"].en in names
    assert len(names) == len(set(names))


def test_a_kind_of_number_and_a_list_are_told_in_words(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("mass_dialling.not_for_voice")]
    item = items_of(rule, vector(number_kind=3.0))[0]
    assert item.zh == "号码类别为 物联网号码，须属于 物联网卡、上网卡（满足）"
    assert item.en == "kind of number: Internet of Things, in machine and data cards (holds)"
    assert item.op == "in"
    assert item.state == "holds"


def test_a_threshold_that_is_itself_a_sum_is_written_out(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("cell_anomaly.surge")]
    items = items_of(rule, vector(hour_out=90.0, hour_days=5.0, hour_median=20.0, hour_mad=4.0))
    assert items[2].value == 70.0
    assert items[2].threshold == round(4 * 1.4826 * 4, 6)
    assert BY_NAME["hour_mad"].en in items[2].en


def test_of_several_ways_only_the_one_that_held_is_told(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("mass_dialling.few_answer")]
    known = {"contacts_24h": 100.0, "out_24h": 110.0, "out_new_24h": 100.0, "out_new_7d": 100.0, "out_7d": 110.0}
    items = items_of(rule, vector(in_answered_7d=1.0, callbacks_7d=1.0, out_answered_24h=47.0, **known))
    assert {item.state for item in items} == {"holds"}
    (share,) = (item for item in items if item.fields == ["out_answered_24h", "out_24h"])
    assert (share.threshold, "one of 3 ways" in share.en, "3种情形之一" in share.zh) == (0.45, True, True)
    failed = items_of(rule, vector(in_answered_7d=1.0, callbacks_7d=1.0, out_answered_24h=99.0, **known))
    assert [item.threshold for item in failed if item.fields == ["out_answered_24h", "out_24h"]] == [0.25, 0.35, 0.45]


def test_a_device_has_cards_where_a_number_has_contacts(pack: Pack, vector: Make) -> None:
    rule = pack.rules[pack.index("sim_box.swaps")]
    contacts, changes, *_ = items_of(rule, vector(contacts_24h=5.0, out_switches_24h=9.0, out_24h=20.0))
    assert "distinct cards" in contacts.en
    assert "不同卡" in contacts.zh
    assert "changes of card" in changes.en
    assert "numbers called" not in tell(Counterfactual(BY_NAME["contacts_24h"], 5.0, 2.0, 0.6), rule.entity).en
    assert (
        unknown_of([BY_NAME["contacts_30d"].index], vector(), EntityKind.DEVICE)[0].zh == "近30天呼出的不同卡（号码）数"
    )


def test_a_counterfactual_reads_as_a_sentence() -> None:
    found = Counterfactual(BY_NAME["contacts_1h"], 46.0, 11.0, 0.76)
    assert tell(found).en == (
        "if distinct numbers called in the last hour had been 11 instead of 46, the rule would not fire"
    )
    assert tell(found, alert=True).zh == "若近1小时不同被叫数为 11（实际 46），不会产生本预警"
    assert tell(None).field is None
    assert "no single change" in tell(None).en


def test_numbers_are_short_but_never_rounded_onto_another_whole() -> None:
    assert [shown(value) for value in (3.0, 0.305, 1234.56, np.nan)] == ["3", "0.30", "1235", "?"]
