"""The plain rules inside Kamailio: who is refused with no engine asked, and that nobody else is (A7, A8, E8; R1-R8)."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from kamailio_edge import CONTRACT, DAY, FOREIGN, INSIDE, INTERNETWORK, NETWORK, TRUNKS, Edge

from fanzha import vocabulary as words
from fanzha.numbering import false_cli, normalise
from fanzha.records.contract import Ingress


def rule(edge: Edge, host: str, caller: str | None, **rest: object) -> str:
    """The rule that refused the call, "" if the engine was asked."""
    edge.engine.default = ("603 Decline", ())
    call = edge.call(host, caller, **rest)
    final = call.final()
    asked = len(edge.engine.asked(call.id))
    if final.code == 403:
        assert asked == 0
        return final.get("reason").partition('text="')[2].rstrip('"')
    assert (final.code, asked) == (603, 1), final.start
    return ""


@pytest.mark.parametrize(
    "caller",
    ["057188880001", "+8657188889998", "8657188885000", "88885000", "008657188885000", "13812340000", "+8613812349999"],
)
def test_numbers_of_the_contract_pass_however_written(edge: Edge, caller: str) -> None:
    assert rule(edge, CONTRACT, caller) == ""


@pytest.mark.parametrize(
    "caller",
    ["057188880000", "057188889999", "13812350000", "13812339999", "88870000", "1381234000", "+12125551234", "95588",
     "reception", "4001234567", "0138123400001"],
)  # fmt: skip
def test_all_others_do_not(edge: Edge, caller: str) -> None:
    assert rule(edge, CONTRACT, caller) == "A8"


def test_a_hidden_number_needs_an_exemption_that_has_not_ended(edge: Edge) -> None:
    hidden = {"headers": ["Privacy: id"]}
    assert rule(edge, CONTRACT, "13812340001", **hidden) == "R5"
    assert rule(edge, CONTRACT, "13812340001", headers=["Privacy: none"]) == ""
    assert rule(edge, CONTRACT, "13812340001", headers=["Privacy: header;user"]) == "R5"
    assert rule(edge, CONTRACT, "13812345678", **hidden) == ""
    assert rule(edge, CONTRACT, "13812345679", **hidden) == "R5"  # ended in 1970
    assert rule(edge, CONTRACT, None, asserted="tel:+8613812345678") == ""
    assert rule(edge, CONTRACT, None) == "R5"
    assert rule(edge, INTERNETWORK, "13812345678", **hidden) == "R5"  # an exemption holds on its own trunk


def test_a_special_user_may_send_an_empty_number(edge: Edge) -> None:
    assert rule(edge, CONTRACT, "14212345678") == ""
    assert rule(edge, CONTRACT, "14212345679") == "A8"
    assert rule(edge, INTERNETWORK, "14212345678") == "R3"


@pytest.mark.parametrize("caller", ["057188880000", "+8657188880000", "8657188880000", "13812345678", "8613812345678"])
def test_domestic_numbers_do_not_come_from_abroad(edge: Edge, caller: str) -> None:
    assert rule(edge, FOREIGN, caller) == "R1"


def test_a_mobile_from_abroad_is_labelled_never_blocked(edge: Edge) -> None:
    """Nobody here knows who is roaming: with an engine it decides, without one the callee is warned."""
    assert rule(edge, FOREIGN, "+8613812345678") == ""
    edge.engine.default = None
    for caller in ("+8613812345678", "008613812345678"):
        call = edge.call(FOREIGN, caller)
        call.hang_up(call.established())
        assert edge.core.invites(call.id)[0].get("p-fraud-warning") == "R1"
    edge.engine.reset()
    edge.close_breaker()


def test_a_verdict_says_more_than_our_label(edge: Edge) -> None:
    """The engine knows who roams: what it lets on carries no warning of ours."""
    call = edge.call(FOREIGN, "+8613812345678")
    call.hang_up(call.established())
    assert len(edge.engine.asked(call.id)) == 1
    assert edge.core.invites(call.id)[0].all("p-fraud-warning") == []


def test_plan_data_older_than_a_year_only_labels(edge: Edge) -> None:
    """R3 rests on the number plan; what it says ages while the edge runs, and nobody pushes."""
    until = edge.rpc.ask("htable.get", "meta", "plan_until")["item"]["value"]
    edge.engine.default = None
    edge.rpc.ask("htable.sets", "meta", "plan_until", "1")
    try:
        call = edge.call(INTERNETWORK, "14212345678")
        call.hang_up(call.established())
        assert edge.core.invites(call.id)[0].all("p-fraud-warning") == ["R3"]
    finally:
        edge.rpc.ask("htable.sets", "meta", "plan_until", str(until))
    edge.engine.reset()
    edge.close_breaker()
    assert rule(edge, INTERNETWORK, "14212345678") == "R3"


def test_borrowed_and_padded_hotlines_and_empty_numbers_are_refused(edge: Edge) -> None:
    assert rule(edge, INTERNETWORK, "008695588") == "R6"
    assert rule(edge, INTERNETWORK, "14212345678") == "R3"
    assert rule(edge, INTERNETWORK, "106575123456") == "R7"
    assert rule(edge, INTERNETWORK, "1381234567") == "R3"
    assert rule(edge, FOREIGN, "95588") == "R1"
    assert rule(edge, INTERNETWORK, "95588") == ""
    assert rule(edge, INSIDE, "1001") == ""


@pytest.mark.parametrize("callee", ["95588", "+8695588", "057112345", "01096110", "008610086"])
def test_no_rule_keeps_a_call_from_a_public_service(edge: Edge, callee: str) -> None:
    assert rule(edge, CONTRACT, "13900000000", callee=callee) == ""


def test_who_may_do_anything_may(edge: Edge) -> None:
    assert rule(edge, CONTRACT, "+12125550000") == ""
    assert rule(edge, CONTRACT, "+12125550000", headers=["Privacy: id"]) == ""
    assert rule(edge, CONTRACT, "+12125550001") == "A8"


def test_peers_are_told_by_network_as_well(edge: Edge) -> None:
    assert rule(edge, NETWORK, "14212345678") == "R3"
    assert rule(edge, NETWORK, "13812345678") == ""


@pytest.mark.parametrize(
    ("host", "caller"),
    [(INSIDE, "07044"), (INSIDE, "+867894"), (INTERNETWORK, "8602289"), (INTERNETWORK, "1791113812345678")],
)
def test_what_the_engine_would_let_on_is_not_refused_here(edge: Edge, host: str, caller: str) -> None:
    """Found by comparing with numbering.false_cli on 200,000 made-up callers."""
    assert rule(edge, host, caller) == ""


def test_what_is_refused_is_counted_by_rule(edge: Edge) -> None:
    before = edge.counts()
    for host, caller in ((CONTRACT, "1"), (FOREIGN, "13812345678"), (INTERNETWORK, "106575123456")):
        assert rule(edge, host, caller)
    after = edge.counts()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "calls": 3, "hard": 3, "hard_A8": 1, "hard_R1": 1, "hard_R7": 1,
    }  # fmt: skip


def test_the_edge_refuses_only_what_the_rules_refuse_and_nearly_all_of_it(edge: Edge) -> None:
    """Random callers of every shape, over four trunks: judged by Kamailio and by numbering.false_cli."""
    callers = made_up_callers(random.Random(7), 450)
    edge.engine.default = ("603 Decline", ())
    wrong, missed, refused = [], [], 0
    for host, ingress in (
        (CONTRACT, "TRUNK"),
        (FOREIGN, "INTERNATIONAL"),
        (INTERNETWORK, "INTERNETWORK"),
        (INSIDE, "LOCAL"),
    ):
        expected = judged(callers, Ingress[ingress], host == CONTRACT)
        for start in range(0, len(callers), 50):
            calls = [edge.call(host, caller) for caller in callers[start : start + 50]]
            for call, caller, right in zip(calls, callers[start:], expected[start:], strict=False):
                hard = call.final().code == 403
                refused += hard
                if hard and not right:
                    wrong.append((ingress, caller))
                if right and not hard:
                    missed.append((ingress, caller))
    assert wrong == []
    assert refused > 500
    assert len(missed) < 0.03 * refused, missed


def judged(callers: list[str], ingress: Ingress, contract: bool) -> list[bool]:
    column = pa.array(callers, pa.string())
    numbers = normalise(column, area="0571" if contract else None)
    trunk = TRUNKS[0]
    owns = [int(bool(trunk.permits(int(key)))) if contract else -1 for key in numbers.number]
    found = false_cli(
        column, numbers, ingress=np.full(len(callers), ingress, np.int8), trunk_owns=np.array(owns, np.int8),
        clir=np.zeros(len(callers), np.int8), as_of=DAY,
    )  # fmt: skip
    return [bool(block) or (contract and own != 1) for block, own in zip(found.block, owns, strict=True)]


def made_up_callers(rng: random.Random, count: int) -> list[str]:
    """Numbers of every class and country, well written, padded, cut short, and mere digits."""
    plan = words.number_plan()
    areas = [area[1:] for area in words.area_codes().areas]
    codes = list(words.service_numbers().numbers)
    countries = [str(code) for code in words.country_codes().countries]

    def digits(size: int) -> str:
        return "".join(rng.choices("0123456789", k=max(size, 0)))

    def one() -> str:
        prefix = rng.choice([p for row in plan.mobile.rows for p in row.prefixes] + plan.unassigned.prefixes)
        klass = rng.choice(plan.classes.rows)
        national = rng.choice([
            prefix + digits(11 - len(prefix)), prefix + digits(11 - len(prefix)),
            klass.prefix + digits(rng.randint(*klass.digits) - len(klass.prefix)),
            "0" + rng.choice(areas) + rng.choice("2345678") + digits(rng.choice((6, 7))),
            "0" + rng.choice(areas) + rng.choice(codes), rng.choice(codes), digits(rng.randint(3, 20)),
            rng.choice(plan.dial_prefixes.prefixes) + prefix + digits(11 - len(prefix)),
        ])  # fmt: skip
        foreign = rng.choice(("+", "00")) + rng.choice(countries) + digits(rng.randint(5, 12))
        head = rng.choice(("", "", "", "+86", "0086", "86", "0"))
        return rng.choice((national, national, head + national.lstrip("0"), head + national, foreign))

    return [one() for _ in range(count)]


@pytest.mark.parametrize("asserted", ["sip:@x", "sip:x", "sip:anonymous@x", "tel:", "sip:Unknown@x"])
def test_an_identity_that_names_nobody_hides_no_false_number(edge: Edge, asserted: str) -> None:
    edge.engine.hung = True
    call = edge.call(FOREIGN, "13812345678", asserted=asserted)
    assert (call.final().code, edge.core.invites(call.id)) == (403, [])
