"""What no policy may do, whoever signed it: refused with a reason at the desk, and again at the gateway."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fanzha.policy import (
    Action,
    Entry,
    Exemption,
    Policy,
    PolicyStore,
    Publisher,
    Refused,
    Side,
    SpecialUser,
    Subject,
    Trunk,
    guard,
    store,
)  # fmt: skip
from fanzha.policy.columns import SCHEMA, table_of
from fanzha.policy.limits import limits
from fanzha.policy.profile import Answer, shipped
from fanzha.policy.reach import reach, too_wide
from fanzha.signing import public_key

NOW = 1_700_000_000_000_000
DAY = 86_400_000_000
SECRET = bytes(range(32))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.message
    return caught.value.refusal.value


@pytest.mark.parametrize("subject_side", list(Side))
@pytest.mark.parametrize("value", ["110", "+86119", "0571120", "+86571122", "0951110", "95588", "12345", "96110"])
def test_no_list_stops_an_emergency_or_public_service_number(
    publisher: Publisher, value: str, subject_side: Side, entry
) -> None:
    assert refusal(lambda: publisher.snapshot([entry(value, side=subject_side)])) == "protected"
    publisher.snapshot([])
    for action in (Action.CHALLENGE, Action.BLOCK):
        assert refusal(lambda: publisher.delta([entry(value, side=subject_side, action=action)])) == "protected"  # noqa: B023
    assert publisher.delta([entry(value, side=subject_side, action=Action.LABEL)]).taken


def test_even_a_policy_that_was_made_otherwise_never_stops_them(entry) -> None:
    policy = Policy(entries=[entry("110"), entry("+8611*", id="e2", subject=Subject.PREFIX)])
    assert policy.hit(Side.CALLER, 86110, "110", None, 0, NOW) == ()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("+8613*", "emergency|carrier"), ("+86138*", "carrier"), ("+861703*", "carrier"), ("+861709*", "carrier"),
        ("+861610*", "carrier"), ("+8610648*", "emergency|carrier"), ("+86571*", "emergency"), ("+861381*", "covers"),
        ("+869*", "emergency"), ("+8*", "emergency"), ("+1*", "country code"), ("+855*", "country code"),
        ("+85512*", "country code"), ("irregular:00*", "characters"), ("106*", "covers"), ("+86955*", "emergency"),
    ],
)  # fmt: skip
def test_a_whole_block_or_country_cannot_be_stopped_but_labelled(
    publisher: Publisher, value: str, why: str, entry
) -> None:
    assert re.search(why, too_wide(value))
    wide = entry(value, subject=Subject.PREFIX)
    assert refusal(lambda: publisher.snapshot([wide])) == "prefix"
    publisher.snapshot([])
    assert refusal(lambda: publisher.delta([wide])) == "prefix"
    assert publisher.delta([entry(value, subject=Subject.PREFIX, action=Action.LABEL)]).taken


@pytest.mark.parametrize(
    ("value", "numbers"),
    [("+8617091*", 1_000_000), ("+86170912*", 100_000), ("+865718888*", 10_000), ("+855123*", 1_000_000)],
)
def test_a_narrow_prefix_may_stop_and_its_reach_is_known(value: str, numbers: int) -> None:
    assert too_wide(value) == ""
    assert reach(value) == numbers


def test_too_many_prefixes_together_are_too_large_a_share_of_the_country(publisher: Publisher, entry) -> None:
    wide = [entry(f"+86{block}*", id=f"p{block}", subject=Subject.PREFIX) for block in range(13800, 13890)]
    assert refusal(lambda: publisher.snapshot(wide)) == "share"
    assert publisher.snapshot(wide[:20]).taken
    assert refusal(lambda: publisher.delta(wide[20:])) == "share"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"expires": NOW + 3 * DAY, "starts": NOW + 3 * DAY}, "expiry"),
        ({"expires": NOW + 3 * DAY, "starts": NOW + 4 * DAY}, "expiry"),
        ({"expires": NOW + 2000 * DAY}, "expiry"),
        ({"reason": "because"}, "entry"),
        ({"region": 3}, "entry"),
        ({"region": 990000}, "entry"),
        ({"action": Action.LIMIT}, "entry"),
        ({"per_minute": 3}, "entry"),
        ({"id": ""}, "entry"),
        ({"id": "x" * 201}, "entry"),
        ({"value": "withheld"}, "entry"),
        ({"value": "13812345678999"}, "entry"),
        ({"value": "+8617", "subject": Subject.PREFIX}, "entry"),
        ({"value": "12345", "subject": Subject.DEVICE}, "entry"),
        ({"subject": Subject.DEVICE, "side": Side.CALLEE, "value": "490154203237518"}, "entry"),
    ],
)
def test_an_entry_without_end_or_sense_is_refused_with_the_rest_of_its_message(
    publisher: Publisher, more: dict[str, Any], expected: str, entry
) -> None:
    good = entry("+8613900000000", id="good")
    assert refusal(lambda: publisher.snapshot([good, entry(**more)])) == expected
    publisher.snapshot([good])
    assert refusal(lambda: publisher.delta([entry(**more)])) == expected
    assert publisher.store.version == 1


def test_one_id_for_two_entries_is_refused(publisher: Publisher, entry) -> None:
    two = [entry(), entry("+8613900000000")]
    assert refusal(lambda: publisher.snapshot(two)) == "duplicate"
    publisher.snapshot([])
    assert refusal(lambda: publisher.delta(two)) == "duplicate"


def test_a_number_carries_no_crowd_of_entries(publisher: Publisher, entry) -> None:
    crowd = [entry(id=f"e{at}") for at in range(limits().entries_per_value + 1)]
    assert publisher.snapshot(crowd[1:]).taken
    assert refusal(lambda: publisher.snapshot(crowd)) == "entry"


@pytest.mark.parametrize(
    "trunk",
    [
        Trunk(id="t", owner="o"),
        Trunk(id="t", owner="o", ranges=()),
        Trunk(id="t", owner="", ranges=((1, 2),)),
        Trunk(id="t", owner="o", ranges=((2, 1),)),
        Trunk(id="t", owner="o", ranges=((1, 5), (4, 9))),
        Trunk(id="t", owner="o", ranges=((1, 2),), profile="none"),
        Trunk(id="t", owner="o", ranges=((1, 2),), special=(
            SpecialUser(number="*", approver="", expires=NOW, exemption=Exemption.CLIR),
        )),
        Trunk(id="t", owner="o", ranges=((1, 2),), special=(
            SpecialUser(number="*", approver="li", expires=0, exemption=Exemption.CLIR),
        )),
    ],
)  # fmt: skip
def test_a_contract_without_numbers_or_an_exemption_without_approver_and_end_cannot_go_live(
    publisher: Publisher, trunk: Trunk
) -> None:
    assert refusal(lambda: publisher.snapshot([], trunks=[trunk])) == "trunk"
    publisher.snapshot([])
    assert refusal(lambda: publisher.delta(trunks=[trunk])) == "trunk"


def test_one_id_for_two_trunks_is_refused(publisher: Publisher) -> None:
    two = [Trunk(id="t", owner=owner, ingress="local") for owner in "ab"]
    assert refusal(lambda: publisher.snapshot([], trunks=two)) == "duplicate"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "OK"), Answer(700, "x"), Answer(603, "Decline\r\nX: y"), Answer(603, "x", (("Rea son", "y"),)),
        Answer(603, "x", (("Reason", "y\r\nContact: <sip:evil>"),)), Answer(603, "x", (("Reason", "y" * 600),)),
    ],
)  # fmt: skip
def test_an_answer_that_would_break_a_message_is_refused(publisher: Publisher, answer: Answer) -> None:
    own = msgspec.structs.replace(shipped()["default"], name="own", block=answer)
    assert refusal(lambda: publisher.snapshot([], profiles=[own])) == "profile"


def test_what_ships_may_be_said(publisher: Publisher) -> None:
    assert publisher.snapshot([], profiles=list(shipped().values())).taken


def test_an_international_gateway_needs_no_contract(publisher: Publisher) -> None:
    assert publisher.snapshot([], trunks=[Trunk(id="intl", owner="o", ingress="international")]).taken


def test_a_gateway_judges_for_itself_what_a_careless_desk_has_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry
) -> None:
    with monkeypatch.context() as careless:
        careless.setattr(store, "check_book", lambda _book: None)
        desk = Publisher(tmp_path / "desk", SECRET, clock=lambda: NOW)
        desk.snapshot([entry("+8613900000000")])
        desk.delta([entry("+86110", id="e2")])
    kept = PolicyStore(tmp_path / "kept", {public_key(SECRET)}, clock=lambda: NOW)
    first, second = sorted(path for path in desk.store.folder.glob("0*"))
    assert kept.take(first).taken
    assert kept.take(second).refusal == "protected"
    assert kept.version == 1


def test_a_delta_has_an_end_and_so_has_what_lies_beside_a_snapshot(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, entry
) -> None:
    small = msgspec.structs.replace(limits(), delta_entries=3, overlay_entries=5, snapshot_entries=4)
    for module in (guard, store):
        monkeypatch.setattr(module, "limits", lambda: small)

    def some(first: int, count: int) -> Sequence[Entry]:
        return [entry(f"+86138{at:08d}", id=f"e{at}") for at in range(first, first + count)]

    assert refusal(lambda: publisher.snapshot(some(0, 5))) == "size"
    publisher.snapshot(some(0, 4))
    assert refusal(lambda: publisher.delta(some(10, 4))) == "size"
    assert publisher.delta(some(10, 3)).taken
    assert refusal(lambda: publisher.delta(some(20, 3))) == "size"


def test_a_table_is_published_as_entries_are(publisher: Publisher, entry) -> None:
    rows = [entry(), entry("+86170912*", id="p", subject=Subject.PREFIX), entry(id="old", expires=NOW, starts=NOW - 5)]
    table = table_of(rows)
    assert table.schema == SCHEMA
    receipt = publisher.snapshot(table)
    assert (receipt.added, receipt.ended, receipt.entries) == (2, 1, 2)
