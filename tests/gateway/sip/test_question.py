from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import CALLEE, CALLER, message

from fanzha.gateway.call import Call
from fanzha.gateway.hep.glance import glance
from fanzha.gateway.live.event import read_dialog
from fanzha.gateway.sip.address import parse_address
from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.message import parse
from fanzha.gateway.sip.question import _number, question
from fanzha.gateway.sip.uri import parse_uri
from fanzha.gateway.sip.words import sip_words

URI = f"sip:{CALLEE}@gw.cn"


def asked(uri: str = URI, *more: str, **fields: str) -> Call:
    """The call that such an INVITE asks about."""
    return question(parse(message("INVITE", uri, *more, **fields)), "10.0.0.1", 5, sip_words(), believed=True)


@given(
    st.sampled_from(["", "A ", '"A" ', '"a, <b>" ', '"\\\\"" ', '"']),
    st.sampled_from(["sip", "SIPS", "tel", "http"]),
    st.from_regex(r"\+?[0-9]{0,6}(%2B|:x|;a=b|;phone-context=\+86| |)", fullmatch=True),
    st.sampled_from(["gw.cn", "GW.cn:5060", "[::1]", "anonymous.invalid", "Anonymous.Invalid:1", "a b", ""]),
    st.sampled_from(["", ";user=phone", ";phone-context=+86", "?a=b", ";x=%3e", ";"]),
)
def test_the_quick_way_reads_as_the_careful_one(name: str, scheme: str, user: str, host: str, tail: str) -> None:
    value = f"{name}<{scheme}:{user}@{host}{tail}>;tag=1"
    try:
        uri = parse_uri(parse_address(value).uri)
        careful = None if uri.host == "anonymous.invalid" else uri.number or None
    except Malformed:
        careful = None
    assert _number(value) == careful


def test_from_alone_is_caller_and_shown() -> None:
    call = asked()
    assert (call.caller, call.presented, call.clir, call.callee, call.peer) == (CALLER, None, False, CALLEE, "10.0.0.1")


def test_the_asserted_identity_goes_before_from_and_what_is_shown_is_kept() -> None:
    """A8, E8: what the trunk asserts is judged; what the callee would see is compared with it."""
    call = asked(URI, 'P-Asserted-Identity: "x" <sip:alice@gw.cn>, <tel:+8657188880000>')
    assert (call.caller, call.presented) == ("+8657188880000", CALLER)


@pytest.mark.parametrize(
    ("privacy", "hidden"),
    [("id", True), ("user;id", True), ("header", True), ("none", False), ("session", False), ("critical;ID", True)],
)
def test_privacy_hides_the_caller_yet_the_asserted_one_is_judged(privacy: str, hidden: bool) -> None:
    call = asked(URI, f"P-Asserted-Identity: <sip:{CALLER}@gw.cn>", f"Privacy: {privacy}")
    assert (call.clir, call.caller) == (hidden, CALLER)


@pytest.mark.parametrize("from_", ["<sip:anonymous@anonymous.invalid>;tag=1", '"x" <sip:Anonymous@gw.cn>;tag=1'])
def test_an_anonymous_from_is_withheld(from_: str) -> None:
    call = asked(URI, **{"from": from_})
    assert (call.caller, call.presented, call.clir) == (None, None, True)


def test_a_hidden_from_with_an_asserted_identity_shows_nothing_and_judges_the_latter() -> None:
    call = asked(URI, f"P-Asserted-Identity: <tel:{CALLER}>", **{"from": "<sip:anonymous@anonymous.invalid>;tag=1"})
    assert (call.caller, call.presented, call.clir) == (CALLER, None, True)


def test_an_asserted_identity_that_cannot_be_read_is_like_none() -> None:
    assert asked(URI, 'P-Asserted-Identity: "x <sip:1@gw.cn>').caller == CALLER


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Diversion: <sip:+8613700000001@gw.cn>;reason=unconditional, <sip:+8613700000002@gw.cn>", "+8613700000001"),
        (
            "History-Info: <sip:+8613700000002@gw.cn?Reason=SIP%3Bcause%3D302>;index=1.1, "
            f"<sip:{CALLEE}@gw.cn>;index=1.1.1, <sip:+8613700000003@gw.cn>;index=1",
            "+8613700000002",
        ),
        ("Diversion: <broken", None),
    ],
)
def test_the_last_to_forward_is_known(line: str, number: str | None) -> None:
    assert asked(URI, line).forwarded_from == number


@pytest.mark.parametrize(
    ("uri", "number"),
    [("urn:service:sos", "110"), ("URN:service:sos.fire", "119"), ("urn:service:sos.mountain", "110")],
)
def test_an_emergency_asked_for_by_name_is_the_number_dialled_for_it(uri: str, number: str) -> None:
    assert asked(uri).callee == number


@pytest.mark.parametrize(("uri", "code"), [("urn:service:counseling", 416), ("sip:gw.cn", 484), ("mailto:a@b", 416)])
def test_nobody_called_is_no_question(uri: str, code: int) -> None:
    with pytest.raises(Malformed) as raised:
        asked(uri)
    assert raised.value.code == code


def test_an_edge_says_trunk_peer_door_and_place() -> None:
    call = asked(
        URI, "X-Fanzha-Trunk: t7", "X-Fanzha-Peer: 192.0.2.7:5062", "X-Fanzha-Ingress: International",
        "X-Fanzha-Region: 330100", "X-Fanzha-Roaming: no",
    )  # fmt: skip
    assert (call.trunk, call.peer, call.ingress, call.serving_region) == (
        "t7",
        "192.0.2.7:5062",
        "international",
        330100,
    )
    assert call.roaming is False


def test_what_an_edge_says_wrongly_is_unknown() -> None:
    call = asked(
        URI,
        "X-Fanzha-Peer: nobody",
        "X-Fanzha-Ingress: moon",
        "X-Fanzha-Region: 99",
        "X-Fanzha-Roaming: ?",
        "X-Fanzha-Trunk: <null>",
    )
    assert call.trunk is None
    assert (call.peer, call.ingress, call.serving_region, call.roaming) == ("10.0.0.1", None, None, None)


def test_the_trunk_group_of_the_contact_and_the_imei() -> None:
    contact = 'Contact: <sip:a;tgrp=t9;trunk-context=gw.cn@gw.cn>;+sip.instance="<urn:gsma:imei:35693803-564380-0>"'
    call = asked(URI, contact)
    assert (call.trunk, call.device) == ("t9", "356938035643800")


def test_bytes_that_are_no_text_are_written_so_that_everybody_can_keep_them() -> None:
    raw = message("INVITE", URI, call_id="@@").replace(b"@@", b"a\x97b").replace(CALLER.encode(), b"1391\xff", 1)
    call = question(parse(raw), "10.0.0.1", 5, sip_words())
    event = read_dialog(b"Call-ID: a\x97b\r\nState: terminated\r\n", 6)
    seen = glance(raw)
    assert seen is not None
    assert call.key == event.key == seen.id.decode() == "a\\x97b"  # the verdict, its end and its mirror meet
    msgspec.json.encode(call)


def test_a_control_character_reaches_no_record_and_no_terminal() -> None:
    raw = message("INVITE", URI, call_id="a\x1b[2Jb")
    assert question(parse(raw), "10.0.0.1", 5, sip_words()).key == "a\\x1b[2Jb" == glance_id(raw)
    assert read_dialog(b"Call-ID: a\x1b[2Jb\r\nState: failed\r\n", 6).key == "a\\x1b[2Jb"


def glance_id(raw: bytes) -> str:
    seen = glance(raw)
    return seen.id.decode() if seen is not None else ""
