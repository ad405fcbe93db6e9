from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.gateway.sip.address import parse_address
from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.uri import parse_uri

USERS = st.from_regex(r"\+?[0-9]{1,15}|[a-z][a-z0-9._~-]{0,12}", fullmatch=True)
HOSTS = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}|\[2001:db8::[0-9a-f]{1,4}\]", fullmatch=True)
DISPLAY = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20)


@given(USERS, HOSTS, st.integers(0, 65535), DISPLAY)
def test_an_address_is_read_as_it_was_written(user: str, host: str, port: int, display: str) -> None:
    quoted = display.replace("\\", "\\\\").replace('"', '\\"')
    place = f"{host}:{port}" if port else host
    found = parse_address(f'"{quoted}" <sip:{user}@{place};user=phone?Subject=x>;tag=t1;x')
    uri = parse_uri(found.uri)
    assert (found.display, found.tag) == (display, "t1")
    assert (uri.user, uri.host, uri.port, uri.number, uri.options) == (user, host, port, user, {"user": "phone"})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tel:+86-138-1234-5678", "+86-138-1234-5678"),
        ("tel:13812345678;phone-context=+86", "+8613812345678"),
        ("tel:01012345678;phone-context=+86", "01012345678"),
        ("tel:110;phone-context=ims.mnc000.mcc460.3gppnetwork.org", "110"),
        ("sip:+8613812345678;npdi;rn=+861@gw.cn;user=phone", "+8613812345678"),
        ("sip:13812345678;phone-context=+86@gw.cn;user=phone", "+8613812345678"),
        ("sip:%2B8613812345678@gw.cn", "+8613812345678"),
        ("sips:+8613812345678:secret@gw.cn:5061", "+8613812345678"),
        ("SIP:95588@[2001:db8::1]", "95588"),
        ("sip:gw.cn", ""),
    ],
)
def test_the_number_is_what_was_dialled(text: str, number: str) -> None:
    assert parse_uri(text).number == number


@pytest.mark.parametrize(("text", "code"), [("http://x", 416), ("", 400), ("sip:", 400), ("7", 400)])
def test_what_is_no_sip_address_says_so(text: str, code: int) -> None:
    with pytest.raises(Malformed) as raised:
        parse_uri(text)
    assert raised.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "sip:+8613812345678@gw$.cn", "sip:+8613812345678@gw.cn:999999", "sip:+8613812345678@a b", "sip:+8613812345678",
        "sip:+8613812345678@gw.cn" + ";a" * 600, "sip:+8613812345678@gw.cn?a=b@c", "sip:+8613812345678@@gw.cn",
        "tel:+8613812345678;a=\"", "sip:+8613812345678@" + "long" * 5000,
    ],
)  # fmt: skip
def test_nothing_behind_a_number_hides_it(text: str) -> None:
    uri = parse_uri(text)
    assert uri.number == "+8613812345678"
    assert parse_uri(f"sip:88880000;phone-context=+86571@h{';a' * 600}").number == "+8657188880000"


@pytest.mark.parametrize("text", ['"a <sip:b@c>', "a <sip:b", 'a" <sip:b@c>', "<<sip:b@c>>"])
def test_what_does_not_close_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_address(text)


def test_without_brackets_parameters_are_the_headers() -> None:
    found = parse_address("sip:+861@b.cn;tag=7")
    assert (found.uri, found.tag) == ("sip:+861@b.cn", "7")
