"""One verdict: who is always let through, what is refused and why, what outweighs what, and what was not known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.gateway import decide as room
from fanzha.gateway.call import Call
from fanzha.gateway.counters import Counters, hash_of, sizes
from fanzha.gateway.decide import HARD, WARNING, Live, decide
from fanzha.gateway.failure import Check, shipped_failure
from fanzha.gateway.limits import Limit, Limits
from fanzha.gateway.reasons import codes
from fanzha.gateway.verdict import Verdict
from fanzha.policy import Action, Entry, Exemption, Policy, Side, SpecialUser, Subject, Trunk

NOW = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp() * 1e6)
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
SMALL = msgspec.structs.replace(sizes(), callers=1024, trunks=64, calls=1024, warm_minutes=1)
FRAUD, HONEST, CALLEE = "+8613800000001", "+8613912345678", "057187654321"
INSIDE, OUTSIDE = "057188880000", "057166660000"


def entry(id_: str, action: Action, value: str = FRAUD, **more: Any) -> Entry:
    subject = Subject.PREFIX if value.endswith("*") else Subject.NUMBER
    words: dict[str, Any] = {"reason": "police", "source": "doc 1", "starts": NOW - DAY, "expires": NOW + DAY}
    return Entry(id=id_, subject=more.pop("subject", subject), value=value, action=action, **(words | more))


def special(number: int, exemption: Exemption, expires: int = NOW + DAY) -> SpecialUser:
    text = "*" if number == 0 else f"+{number}"
    return SpecialUser(number=text, approver="Li", expires=expires, exemption=exemption, key=number)


def trunk(*users: SpecialUser, **more: Any) -> Trunk:
    words: dict[str, Any] = {"peers": ("10.0.0.1",), "ranges": ((8657188880000, 8657188889999),)}
    return Trunk(id="line", owner="Acme", special=users, **(words | more))


def policy(*entries: Entry, trunks: tuple[Trunk, ...] = (trunk(),), **more: Any) -> Policy:
    return Policy(**({"version": 7, "compiled_at": NOW, "entries": entries, "trunks": trunks} | more))


def call(caller: str | None = HONEST, callee: str = CALLEE, **more: Any) -> Call:
    words: dict[str, Any] = {"key": "call-1", "at": NOW, "ingress": "internetwork", "clir": False}
    return Call(caller=caller, callee=callee, **(words | more))


def over(caller: str | None, **more: Any) -> Call:
    """A call over the contracted trunk."""
    return call(caller, **({"ingress": None, "peer": "10.0.0.1"} | more))


@pytest.fixture
def live() -> Live:
    counters = Counters(now=NOW - HOUR, of=SMALL)
    counters.ended(1, NOW)
    return Live(counters=counters, clock=lambda: 0)


def codes_of(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_an_honest_call_goes_on_and_nothing_is_missing_but_its_trunk(live: Live) -> None:
    verdict = decide(call(), policy(), live)
    assert (verdict.action, verdict.code, verdict.reasons) == (Action.ALLOW, 404, ())
    assert (verdict.policy_version, verdict.degraded) == (7, ("trunk",))


def test_the_same_question_has_the_same_answer(live: Live) -> None:
    asked = policy(entry("e1", Action.LABEL), trunks=(trunk(),))
    assert decide(call(FRAUD), asked, live) == decide(call(FRAUD), asked, live)


EMERGENCIES = ["110", "119", "120", "122", "0571110", "+86110", "urn:service:sos", "urn:service:sos.police", "12110"]


@pytest.mark.parametrize("callee", EMERGENCIES)
@pytest.mark.parametrize("loaded", [True, False])
def test_an_emergency_call_passes_whoever_calls(live: Live, callee: str, loaded: bool) -> None:
    """Domain 3.12 scenario 16: from a suspended number too; and from no contract, hidden, false, without a policy."""
    everything = policy(entry("e1", Action.BLOCK, reason="suspended"), entry("e2", Action.BLOCK, f"{HONEST[:6]}*"))
    for asked in (call(FRAUD, callee), over(OUTSIDE, callee=callee), over(None, callee=callee, clir=True),
                  call("+86110", callee, ingress="international")):  # fmt: skip
        verdict = decide(asked, everything if loaded else None, live)
        assert (verdict.action, verdict.code, codes_of(verdict)) == (Action.ALLOW, 404, ["emergency"])


def test_a_suspended_number_is_refused_elsewhere(live: Live) -> None:
    verdict = decide(call(FRAUD), policy(entry("e1", Action.BLOCK, reason="suspended")), live)
    assert (verdict.action, verdict.code, verdict.phrase) == (Action.BLOCK, 603, "Decline")
    assert verdict.reasons[0].by == "entry:e1"
    assert "suspended" in verdict.headers[0][1]


def test_a_trunk_caller_outside_of_the_contract_is_refused_and_the_others_pass(live: Live) -> None:
    """A8, E8; domain 3.12 scenario 5: an unauthenticated trunk caller is intercepted, the exception passes."""
    assert decide(over(INSIDE), policy(), live).action is Action.ALLOW
    verdict = decide(over(OUTSIDE), policy(), live)
    assert (verdict.action, verdict.code, verdict.reasons[0].code) == (Action.BLOCK, 403, "contract")
    assert codes_of(decide(over(None), policy(), live)) == ["contract"]
    exempt = policy(trunks=(trunk(special(8657166660000, Exemption.ANY)),))
    allowed = decide(over(OUTSIDE), exempt, live)
    assert (allowed.action, codes_of(allowed)) == (Action.ALLOW, ["special"])
    assert "approved by Li" in allowed.reasons[0].by
    late = policy(trunks=(trunk(special(8657166660000, Exemption.ANY, NOW)),))
    assert codes_of(decide(over(OUTSIDE), late, live)) == ["contract"]


@pytest.mark.parametrize(
    ("caller", "clir", "exemption", "without"),
    [
        (None, True, Exemption.CLIR, ["contract", "R5"]),
        (INSIDE, True, Exemption.CLIR, ["R5"]),
        ("057112", False, Exemption.EMPTY, ["contract", "R3"]),
    ],
)
def test_a_special_user_may_what_was_approved_and_nothing_else(
    live: Live, caller: str | None, clir: bool, exemption: Exemption, without: list[str]
) -> None:
    assert codes_of(decide(over(caller, clir=clir), policy(), live)) == without
    for allowed in Exemption:
        verdict = decide(over(caller, clir=clir), policy(trunks=(trunk(special(0, allowed)),)), live)
        assert (verdict.action is Action.ALLOW) == (allowed in (exemption, Exemption.ANY))


def test_an_unknown_trunk_is_said_to_be_unknown_and_stops_nobody(live: Live) -> None:
    assert decide(over(OUTSIDE, peer="10.9.9.9"), policy(), live).degraded == ("trunk", "ingress")
    named = decide(over(OUTSIDE, trunk="new"), policy(), live)
    assert (named.action, named.degraded) == (Action.ALLOW, ("trunk.contract", "ingress"))
    bare = decide(over(OUTSIDE), policy(trunks=(trunk(ranges=None),)), live)
    assert (bare.action, bare.degraded) == (Action.ALLOW, ("trunk.contract",))


@pytest.mark.parametrize(
    ("caller", "more", "action", "found"),
    [
        ("13912345678", {"ingress": "international"}, Action.BLOCK, "R1"),
        ("+8613912345678", {"ingress": "international"}, Action.LABEL, "R1"),
        ("+8613912345678", {"ingress": "international", "roaming": False}, Action.BLOCK, "R1"),
        ("+8613912345678", {"ingress": "international", "roaming": True}, Action.ALLOW, ""),
        ("110", {"ingress": "international"}, Action.BLOCK, "R1"),  # scenario 8
        ("1391234567", {}, Action.BLOCK, "R3"),
        (HONEST, {"clir": True}, Action.BLOCK, "R5"),
        ("008695588", {}, Action.BLOCK, "R6"),
        ("10612345678", {}, Action.BLOCK, "R7"),
        ("15412345678", {}, Action.BLOCK, "R3"),
        ("15412345678", {"at": NOW + 900 * DAY}, Action.LABEL, "R3"),
    ],
)  # fmt: skip
def test_false_callers(live: Live, caller: str, more: dict[str, Any], action: Action, found: str) -> None:
    verdict = decide(call(caller, **more), policy(compiled_at=more.get("at", NOW)), live)
    assert verdict.action is action
    assert codes_of(verdict)[:1] == ([found] if found else [])
    assert verdict.code == {Action.BLOCK: 403, Action.LABEL: 302, Action.ALLOW: 404}[action]


def test_what_a_label_rests_on_is_named(live: Live) -> None:
    roamer = decide(call("+8613912345678", ingress="international"), policy(), live)
    assert ("P-Fraud-Warning", "R1") in roamer.headers
    assert "roaming" in roamer.degraded
    old = decide(call("15412345678", at=NOW + 900 * DAY), policy(compiled_at=NOW + 900 * DAY), live)
    assert "plan.age" in old.degraded
    assert old.label == old.reasons[0].zh != ""


@pytest.mark.parametrize("asserted", [None, "", "anonymous", "unavailable"])
def test_who_is_asserted_to_be_nobody_is_judged_by_the_number_shown(live: Live, asserted: str | None) -> None:
    foreign = call(caller=asserted, presented="13812345678", ingress="international", clir=False)
    assert [(why.code, why.action) for why in decide(foreign, policy(), live).reasons] == [("R1", Action.BLOCK)]
    listed = call(caller=asserted, presented=FRAUD, clir=False)
    assert decide(listed, policy(entry("shown", Action.BLOCK)), live).action is Action.BLOCK


def test_a_number_shown_that_is_borrowed_is_refused_and_an_extension_is_not(live: Live) -> None:
    assert decide(call(presented="1001"), policy(), live).action is Action.ALLOW
    assert decide(call(presented="13912345678"), policy(), live).reasons == ()
    verdict = decide(call(presented="+86110", ingress="international", roaming=True), policy(), live)
    assert (verdict.action, verdict.reasons[0].code, verdict.reasons[0].by) == (Action.BLOCK, "R2", "shown")


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        (entry("number", Action.BLOCK), call(FRAUD)),
        (entry("prefix", Action.BLOCK, "+861380*"), call(FRAUD)),
        (entry("callee", Action.BLOCK, CALLEE, side=Side.CALLEE), call(callee=CALLEE)),
        (entry("device", Action.BLOCK, "356938035643809", subject=Subject.DEVICE), call(device="356938035643809")),
        (entry("shown", Action.BLOCK), call(presented=FRAUD)),
        (entry("region", Action.BLOCK, region=33), call(FRAUD, serving_region=330106)),
    ],
)
def test_lists_name_numbers_prefixes_devices_callees_and_regions(live: Live, listed: Entry, asked: Call) -> None:
    verdict = decide(asked, policy(listed), live)
    assert (verdict.action, verdict.reasons[0].by) == (Action.BLOCK, f"entry:{listed.id}")
    other = msgspec.structs.replace(asked, caller=HONEST, callee="01012345678", presented=None, device=None)
    assert decide(other, policy(listed), live).action is Action.ALLOW


def test_an_entry_holds_in_its_region_and_its_time_only(live: Live) -> None:
    here = entry("e", Action.BLOCK, region=33, starts=NOW, expires=NOW + 1)
    assert decide(call(FRAUD, serving_region=320100), policy(here), live).action is Action.ALLOW
    for at, action in ((NOW - 1, Action.ALLOW), (NOW, Action.BLOCK), (NOW + 1, Action.ALLOW)):
        assert decide(call(FRAUD, serving_region=330100, at=at), policy(here), live).action is action


def test_the_hardest_reason_decides_and_all_are_told(live: Live) -> None:
    verdict = decide(call(FRAUD), policy(entry("l", Action.LABEL, "+8613800*"), entry("b", Action.BLOCK)), live)
    assert verdict.action is Action.BLOCK
    assert [reason.by for reason in verdict.reasons] == ["entry:b", "entry:l"]


def test_an_allow_entry_outweighs_what_a_machine_found_and_not_what_people_or_law_say(live: Live) -> None:
    trusted = entry("ok", Action.ALLOW, reason="trusted")
    machine, person = entry("m", Action.BLOCK, rule="mass@3"), entry("p", Action.BLOCK)
    assert decide(call(FRAUD), policy(machine, trusted), live).action is Action.ALLOW
    assert decide(call(FRAUD), policy(person, trusted), live).action is Action.BLOCK
    hidden = decide(call(FRAUD, clir=True), policy(trusted), live)
    assert (hidden.action, codes_of(hidden)) == (Action.BLOCK, ["R5", "trusted"])
    assert decide(over(FRAUD), policy(trusted), live).action is Action.BLOCK
    assert live.counters
    for i in range(40):
        live.counters.record(8613800000001, 0, 8657187654321, i + 1, NOW, True)
    assert decide(call(FRAUD), policy(), live).action is Action.CHALLENGE
    assert decide(call(FRAUD), policy(trusted), live).action is Action.ALLOW


def test_a_limit_entry_lets_so_many_calls_through_each_minute(live: Live) -> None:
    rules = policy(entry("slow", Action.LIMIT, per_minute=3))
    actions = []
    for i in range(6):
        asked = call(FRAUD, key=f"c{i}")
        verdict = decide(asked, rules, live)
        assert decide(asked, rules, live) == verdict
        actions.append(verdict.action)
        assert live.counters
        passed = verdict.action < Action.LIMIT
        live.counters.record(8613800000001, 0, 8657187654321, hash_of(asked.key), NOW, passed)
        assert decide(asked, rules, live).action is verdict.action  # a retransmission
    assert actions == [Action.ALLOW] * 3 + [Action.LIMIT] * 3
    assert decide(call(FRAUD, key="later", at=NOW + 60 * SECOND), rules, live).action is Action.ALLOW
    uncounted = decide(call(FRAUD), rules, Live(clock=lambda: 0))
    assert (uncounted.action, uncounted.degraded) == (Action.ALLOW, ("trunk", "counters"))


def test_limits_of_a_trunk_and_of_a_caller(live: Live) -> None:
    words = {"zh": "满", "en": "full", "source": "contract", "as_of": "2026-11-22"}
    said = {"id": "capacity", "of": "trunk", "counter": "concurrent", "above": 2, "action": "limit"}
    rule = msgspec.convert(said | words, Limit)
    live.limits = Limits([rule])
    assert live.counters
    for i in range(2):
        live.counters.record(0, hash_of("line"), 1, i + 1, NOW, True)
    verdict = decide(over(INSIDE), policy(), live)
    assert (verdict.action, verdict.code, verdict.reasons[0].by) == (Action.LIMIT, 603, "limit:capacity")
    live.counters.ended(1, NOW)
    assert decide(over(INSIDE), policy(), live).action is Action.ALLOW


def test_without_a_policy_false_callers_are_refused_and_the_rest_goes_on(live: Live) -> None:
    verdict = decide(call(FRAUD), None, live)
    assert (verdict.action, verdict.code, verdict.degraded) == (Action.ALLOW, 404, ("policy",))
    assert decide(call("1391234567"), None, live).code == 403


def test_an_old_policy_is_enforced_and_says_so(live: Live) -> None:
    verdict = decide(
        call(FRAUD, at=NOW + 2 * HOUR), policy(entry("e", Action.BLOCK), compiled_at=NOW - 23 * HOUR), live
    )
    assert (verdict.action, "policy.age" in verdict.degraded) == (Action.BLOCK, True)
    fresh = decide(call(FRAUD, at=NOW + HOUR), policy(entry("e", Action.BLOCK), compiled_at=NOW - 23 * HOUR), live)
    assert "policy.age" not in fresh.degraded


class Broken:
    """Counters whose memory has gone."""

    def look(self, *_: object) -> None:
        raise OSError("gone")


def test_a_check_that_fails_is_named_and_open_or_closed_as_the_failure_policy_says(
    live: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    live.counters = Broken()  # type: ignore[assignment]
    verdict = decide(call(), policy(), live)
    assert (verdict.action, verdict.degraded) == (Action.ALLOW, ("trunk", "limits.error"))

    def fails(_: object) -> str:
        raise ValueError

    order = tuple((check, fails if check == Check.FALSE_CLI else made) for check, made in room._ORDER)
    monkeypatch.setattr(room, "_ORDER", order)
    shut = decide(call(), policy(), live)
    assert (shut.action, shut.code, shut.reasons[0].by) == (Action.BLOCK, 403, "false_cli")
    assert decide(call(callee="110"), policy(), live).action is Action.ALLOW


def test_what_is_missing_refuses_where_the_failure_policy_is_closed(live: Live) -> None:
    """An operator may hold that who comes over no known trunk, or without a policy, is not let on."""
    shipped = shipped_failure()
    strict = {check: msgspec.structs.replace(way, missing="closed") for check, way in shipped.checks.items()}
    strict[Check.PROTECTED] = shipped.checks[Check.PROTECTED]
    shut = Live(counters=live.counters, clock=live.clock, failure=msgspec.structs.replace(shipped, checks=strict))
    verdict = decide(call(), policy(), shut)
    assert (verdict.action, [reason.by for reason in verdict.reasons]) == (Action.BLOCK, ["contract"])
    assert verdict.degraded == ("trunk",)
    assert decide(over(INSIDE), policy(), shut).action is Action.ALLOW
    assert decide(call(callee="110"), None, shut).action is Action.ALLOW


def test_a_warning_is_shown_with_a_call_that_goes_on_marked_and_with_no_other(live: Live) -> None:
    words = "公安机关通报涉案号码"
    for action, label in (
        (Action.ALLOW, ""), (Action.LABEL, words), (Action.CHALLENGE, words), (Action.BLOCK, ""),
    ):  # fmt: skip
        verdict = decide(call(FRAUD), policy(entry("e", action)), live)
        assert (verdict.action, verdict.label) == (action, label)
        assert any(name == WARNING for name, _ in verdict.headers) == bool(label)


def test_a_check_that_comes_too_late_is_left_out(live: Live) -> None:
    ticks: Iterator[int] = itertools.count(0, 25_000_000)  # 25 ms for each look at the clock
    live.clock = lambda: next(ticks)
    verdict = decide(call(FRAUD), policy(entry("e", Action.BLOCK)), live)
    assert verdict.action is Action.ALLOW
    assert [name for name in verdict.degraded if "late" in name] == ["lists.late", "limits.late"]
    assert verdict.micros > 100_000


def test_what_comes_from_outside_cannot_write_a_header(live: Live) -> None:
    words = {"block": {"code": 608, "phrase": "Rejected", "headers": [["Call-Info", '<{contact}>;id="{id}"']]}}
    base = msgspec.to_builtins(policy().profile("608")) | words | {"name": "default"}
    made = msgspec.convert(base, type(policy().profile("608")))
    own = policy(entry("e", Action.BLOCK), profiles=(made,))
    verdict = decide(call(FRAUD, key='x"\r\nVia: evil'), own, live)
    assert verdict.headers[0][1].endswith(';id="x___Via: evil"')


raws = st.one_of(st.none(), st.text(max_size=20), st.text("+0123456789*", max_size=16), st.sampled_from([FRAUD, "110"]))
moments = st.one_of(st.integers(NOW - DAY, NOW + DAY), st.integers(-(2**60), 2**62))
asked_calls = st.builds(
    Call, key=st.text(max_size=12), callee=st.one_of(st.text(max_size=20), st.sampled_from(EMERGENCIES)),
    at=moments, caller=raws, presented=raws, clir=st.sampled_from([None, True, False]),
    trunk=st.sampled_from([None, "line", "?"]), peer=st.sampled_from([None, "10.0.0.1", "", "nonsense", "[::1]:5060"]),
    ingress=st.sampled_from([None, "local", "trunk", "international", "??"]), device=raws,
    serving_region=st.sampled_from([None, 0, 330100, -5]), roaming=st.sampled_from([None, True, False]),
)  # fmt: skip


@given(asked_calls, st.booleans())
@settings(max_examples=500, deadline=None)
def test_every_question_has_an_answer_that_holds_together(asked: Call, loaded: bool) -> None:
    live = ANY_LIVE
    rules = policy(entry("e", Action.BLOCK), entry("p", Action.LABEL, "+8613*"), trunks=(trunk(),)) if loaded else None
    verdict = decide(asked, rules, live)
    assert verdict.action is max((reason.action for reason in verdict.reasons), default=Action.ALLOW)
    assert all(reason.code in codes() and reason.zh and reason.en for reason in verdict.reasons)
    if asked.callee in EMERGENCIES:
        assert verdict.action is Action.ALLOW
    refusal = next((r for r in verdict.reasons if r.action is verdict.action), None)
    if verdict.action is Action.BLOCK and refusal:
        assert (verdict.code == 403) == (refusal.code in HARD)
    assert all("\r" not in value and "\n" not in value for _, value in verdict.headers)
    assert not [name for name in verdict.degraded if name.endswith(("error", "late"))]


ANY_LIVE = Live(counters=Counters(now=NOW, of=SMALL), clock=lambda: 0)


# Who of design section 4 dials how: calls, minutes between them, caller, different callees, calls not ended by then.
PEOPLE = {
    "lawyer redialling": (20, 0.5, HONEST, 1, 0),
    "class teacher": (46, 2.5, HONEST, 40, 0),
    "restaurant": (18, 10, "057188880001", 16, 0),
    "intern": (62, 6, "057188880002", 48, 0),
    "courier": (120, 3, HONEST, 92, 0),
    "estate agent": (90, 3, HONEST, 52, 0),
    "clinic": (64, 1, "057188880003", 60, 0),
    "office of two hundred": (600, 0.05, "057188880004", 300, 40),
    "hiker back from abroad": (8, 1, HONEST, 4, 0),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_the_people_of_the_design_are_not_even_labelled_by_the_default_limits(who: str) -> None:
    count, gap, caller, callees, held = PEOPLE[who]
    counters = Counters(now=NOW - HOUR, of=SMALL)
    live = Live(counters=counters, clock=lambda: 0)
    for i in range(count):
        at = NOW + int(i * gap * 60 * SECOND)
        counters.ended(1, at)
        asked = call(caller, f"+86139{i % callees:08d}", key=f"{i}", at=at, ingress="local")
        assert decide(asked, policy(), live).action is Action.ALLOW
        own, other = live.reader.read([asked.caller, asked.callee])
        counters.record(own.number, 0, other.number, hash_of(asked.key), at, True)
        if i < count - held:
            counters.ended(hash_of(asked.key), at + 20 * SECOND)


def test_the_default_limits_stop_nobody() -> None:
    assert {rule.action for rule in Live().limits.rules} <= {"label", "challenge"}
    assert shipped_failure().checks[Check.LIMITS].error == "open"
