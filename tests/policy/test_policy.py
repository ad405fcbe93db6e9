from __future__ import annotations

import pytest

from fanzha.errors import PolicyError
from fanzha.policy import Action, Entry, Exemption, Policy, Side, SpecialUser, Subject, Trunk
from fanzha.policy.policy import within

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000


def entry(value: str = "+8613812345678", **more: object) -> Entry:
    given = {
        "id": "e1", "subject": Subject.NUMBER, "value": value, "action": Action.BLOCK, "reason": "police",
        "source": "case 1", "starts": NOW, "expires": NOW + HOUR, **more,
    }  # fmt: skip
    return Entry(**given)  # type: ignore[arg-type]


def hits(policy: Policy, key: int | None, *, side: Side = Side.CALLER, at: int = NOW, **more: object) -> list[str]:
    given = {"raw": None, "device": None, "region": 0, **more}
    return [found.id for found in policy.hit(side, key, at=at, **given)]  # type: ignore[arg-type]


def test_an_entry_holds_from_its_start_to_just_before_its_end() -> None:
    policy = Policy(entries=[entry()])
    assert [hits(policy, 8613812345678, at=at) for at in (NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR)] == [
        [], ["e1"], ["e1"], []
    ]  # fmt: skip
    assert hits(policy, 8613812345679) == []
    assert hits(policy, None) == []
    assert hits(policy, 8613812345678, side=Side.CALLEE) == []


@pytest.mark.parametrize(
    ("scope", "region", "held"),
    [
        (0, 0, True), (33, 330106, True), (330000, 330106, True), (3301, 330106, True), (330106, 330106, True),
        (330106, 330107, False), (3301, 330206, False), (33, 340100, False), (33, 0, False), (3301, 330000, False),
        (330100, 330100, True), (3, 330100, False),
    ],
)  # fmt: skip
def test_regions_are_cut_at_two_four_or_six_digits_and_an_unknown_one_is_in_none(
    scope: int, region: int, held: bool
) -> None:
    assert within(region, scope) is held


def test_the_hardest_comes_first_and_a_number_before_a_prefix() -> None:
    policy = Policy(
        entries=[
            entry("+86138*", id="a", subject=Subject.PREFIX),
            entry(id="b", action=Action.ALLOW),
            entry(id="c"),
            entry("490154203237518", id="d", subject=Subject.DEVICE, action=Action.LABEL),
        ]
    )
    assert hits(policy, 8613812345678, device="49015420323751-0") == ["c", "a", "d", "b"]


def test_prefixes_cover_keys_ports_short_codes_and_irregular_texts() -> None:
    values = {"+861709*": 8617091234567, "106*": 8601066123567, "0951*": 860951110, "irregular:0099*": -5}
    for value, key in values.items():
        policy = Policy(entries=[entry(value, subject=Subject.PREFIX, action=Action.LABEL)])
        assert hits(policy, key, raw="00991234") == ["e1"], value
        assert hits(policy, 8613812345678, raw="13812345678") == []


@pytest.mark.parametrize(
    ("subject", "value"),
    [(Subject.NUMBER, "withheld"), (Subject.PREFIX, "+8613"), (Subject.PREFIX, "*"), (Subject.DEVICE, "1234")],
)
def test_what_cannot_be_looked_up_is_refused_by_name(subject: Subject, value: str) -> None:
    with pytest.raises(PolicyError, match="e1"):
        Policy(entries=[entry(value, subject=subject)])


def test_a_trunk_permits_its_ranges_and_its_special_users_until_they_expire() -> None:
    special = SpecialUser(
        number="+8657188880001", key=8657188880001, approver="li", expires=NOW, exemption=Exemption.CLIR
    )
    trunk = Trunk(id="t", owner="o", ranges=((8657188880000, 8657188889999),), special=(special,))
    keys = (8657188880000, 8657188889999, 8657188890000, 0, -3, None)
    assert [trunk.permits(key) for key in keys] == [True, True, False, False, False, False]
    assert trunk.exemption(8657188880001, Exemption.CLIR, NOW - 1) is special
    assert trunk.exemption(8657188880001, Exemption.CLIR, NOW) is None
    assert trunk.exemption(8657188880001, Exemption.EMPTY, NOW - 1) is None
    assert trunk.exemption(None, Exemption.CLIR, NOW - 1) is None
    assert Trunk(id="t", owner="o").permits(8613812345678) is None


def test_peers_exact_before_the_narrowest_network() -> None:
    policy = Policy(
        trunks=[
            Trunk(id="wide", owner="o", peers=("10.0.0.0/8", "2001:db8::/32")),
            Trunk(id="narrow", owner="o", peers=("10.1.0.0/16",)),
            Trunk(id="one", owner="o", peers=("10.1.0.7", "10.1.0.8:5070", "[2001:db8::5]:5060")),
            Trunk(id="six", owner="o", peers=("2001:db8::5",)),
        ]
    )
    expected = {
        "10.9.9.9": "wide", "10.1.9.9:5060": "narrow", "10.1.0.7:5060": "one", "10.1.0.8": "narrow",
        "10.1.0.8:5070": "one", "[2001:db8::1]:5060": "wide", "11.1.1.1": None, "x": None, "": None,
        "::ffff:10.1.0.7": "one", "[::ffff:10.1.0.8]:5070": "one", "2001:DB8:0::1": "wide", "::ffff:10.9.1.1": "wide",
        "[2001:db8::5]:5060": "one", "[2001:DB8::5]:5060": "one", "[2001:db8::5]:5061": "six", "2001:DB8::5": "six",
    }  # fmt: skip
    assert {peer: policy.trunk_of(peer) for peer in expected} == expected


def test_two_trunks_cannot_claim_one_address() -> None:
    trunks = [Trunk(id=name, owner="o", peers=("10.0.0.1",)) for name in "ab"]
    with pytest.raises(PolicyError, match="belongs to trunk a"):
        Policy(trunks=trunks)


@pytest.mark.parametrize("key", [86110, 86119, 86120, 86122, 86571110, 860951110, 8695588, 8696110])
def test_emergency_and_public_service_numbers_are_protected_with_any_area_code(key: int) -> None:
    assert Policy().protected(key)
    assert not Policy().protected(8613812345678)
    assert not Policy().protected(None)


def test_a_trunk_without_a_profile_answers_plainly_and_603_plus_is_for_judgement_only() -> None:
    policy = Policy()
    assert policy.profile("no such").name == "default"
    plus = policy.profile("603-plus")
    assert (plus.block.code, plus.block.phrase) == (603, "Network Blocked")
    assert plus.answer(Action.BLOCK, hard=True).code == 403
    assert policy.profile("sbc-503").answer(Action.ALLOW).code == 503
    assert policy.profile("608").answer(Action.BLOCK).headers[0][0] == "Call-Info"
