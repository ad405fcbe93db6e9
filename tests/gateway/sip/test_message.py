from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import CALLEE, CALLER, message

from fanzha.gateway.sip.headers import COMPACT, canonical, parameters, values
from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.message import Request, Unanswerable, parse

TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)
NAMES = st.from_regex(r"X-[A-Za-z0-9-]{1,20}", fullmatch=True)


@given(st.dictionaries(NAMES.map(str.lower), TEXT, max_size=8), st.booleans(), st.binary(max_size=200))
def test_what_is_written_is_what_is_read(fields: dict[str, str], unix: bool, body: bytes) -> None:
    lines = [f"{name}: {value}" for name, value in fields.items()]
    data = message("INVITE", "sip:+861@e.cn", *lines, body=body)
    if unix:
        data = data.replace(b"\r\n", b"\n") if not body else data
    request = parse(data)
    assert request.fault is None
    assert request.body == body
    for name, value in fields.items():
        assert request.first(canonical(name)) == value.strip(" \t")


@given(st.binary(max_size=400))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    with suppress(Unanswerable):
        assert isinstance(parse(data), Request)


@given(st.lists(st.tuples(st.integers(0, 460), st.integers(0, 255)), max_size=6), st.integers(0, 460))
def test_no_mutation_breaks_the_parser(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(message("INVITE", "sip:+861@e.cn", "P-Asserted-Identity: <tel:+8613>, <sip:a@b>"))
    for at, value in changes:
        data[at % len(data)] = value
    with suppress(Unanswerable):
        assert isinstance(parse(bytes(data[: len(data) - cut % len(data)])), Request)


def test_compact_names_are_the_long_ones() -> None:
    for short, name in COMPACT.items():
        assert canonical(short.upper()) == name
    assert canonical("VIA ") == canonical("v") == "via"


def test_folded_lines_are_one_and_lists_are_divided_outside_quotes() -> None:
    request = parse(message("INVITE", "sip:+861@e.cn", 'Diversion: "a, b" <sip:1@e.cn>,\r\n\t<sip:2,3@e.cn>;reason=x'))
    assert request.all("diversion") == ['"a, b" <sip:1@e.cn>', "<sip:2,3@e.cn>;reason=x"]


@pytest.mark.parametrize("line", ['"open, x', "<open, x", 'a, "'])
def test_a_list_that_does_not_close_is_told(line: str) -> None:
    with pytest.raises(Malformed):
        values(line)


def test_parameters_keep_the_first_and_their_quotes_are_undone() -> None:
    assert parameters(';Tag = a;x="p;q\\"";x=2;lr') == {"tag": "a", "x": 'p;q"', "lr": ""}


@pytest.mark.parametrize("byte", ["\x00", "\r", "\x0b", "\x1b", "\x7f"])
@pytest.mark.parametrize("field", ["call_id", "from", "to", "contact"])
def test_a_control_character_gains_no_silence_and_breaks_out_of_no_line(byte: str, field: str) -> None:
    values = {"call_id": f"a{byte}b", "from": f'"a{byte}" <sip:{CALLER}@x>;tag=1', "to": f'"a{byte}" <sip:{CALLEE}@x>'}
    more = (f'Contact: "a{byte}" <sip:a@b>',) if field == "contact" else ()
    request = parse(message("INVITE", f"sip:{CALLEE}@x", *more, **{k: v for k, v in values.items() if k == field}))
    assert request.fault is None
    assert not any("\r" in value for lines in request.fields.values() for value in lines)


def test_a_lone_carriage_return_hides_no_header() -> None:
    request = parse(message().replace(b"\r\nFrom:", b"\rFrom:"))
    assert request.fault is None
    assert request.fields["from"] == parse(message()).fields["from"]


def test_an_empty_line_of_plain_newlines_ends_the_head() -> None:
    request = parse(message().replace(b"Content-Length: 0", b"Privacy: none\n\nP-Asserted-Identity: <<"))
    assert request.fault is None
    assert "p-asserted-identity" not in request.fields


def test_truncated_before_the_empty_line_is_answerable_and_faulty() -> None:
    request = parse(message()[:-2])
    assert request.fault is not None
    assert request.fault.code == 400


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line", ["From: {}x", "From: <{}", "P-Asserted-Identity: a={}b", "Via: SIP/2.0/UDP h{}x", "X:{}\r\n y", "Via: {},"]
)
@pytest.mark.parametrize("filler", [" ", "\t", ",", ";", "<", '"', "\\"])
def test_a_long_run_costs_its_length_and_no_more(line: str, filler: str) -> None:
    data = message("INVITE", "sip:+861@e.cn", line.format(filler * 60_000), drop=("From",))
    with suppress(Unanswerable, Malformed):
        request = parse(data)
        for name in ("via", "p-asserted-identity"):
            request.all(name)
