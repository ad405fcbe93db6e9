"""Decides what an INVITE asks: who calls whom, what is shown, what is hidden, and over which trunk, as a Call.

The asserted identity (P-Asserted-Identity, RFC 3325) goes before From; Privacy (RFC 3323) says whether it is shown.
A field that cannot be read is passed over like one that is not there: it must not decide anything. But a From that
cannot be read hides nobody: without a number in it there is no question.
"""

from __future__ import annotations

import re

from fanzha.gateway.call import Call, written
from fanzha.gateway.sip.address import parse_address
from fanzha.gateway.sip.headers import parameters
from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.message import Request
from fanzha.gateway.sip.uri import dialled, parse_uri
from fanzha.gateway.sip.words import SipWords
from fanzha.records.contract import Ingress

Fields = dict[str, list[str]]
# How nearly every switch writes a name-addr: read in one step, to the same end as by parse_address and parse_uri.
_PLAIN = re.compile(
    r'(?:"[^"\\]*+" *+|[^<"]*+)<sips?+:([^@;:%?<>\s]++)@([A-Za-z0-9._-]++)(?::[0-9]{1,5}+)?+((?:;[^?<>"]*+)?+)>',
    re.IGNORECASE,
)
_ANONYMOUS_HOST = "anonymous.invalid"  # RFC 3323 4.1.1.3
_BRACKETS = re.compile(r"<[^<>]*>")
_OTHER_SCHEME = 416
_SERVICE = "urn:service:"
_IMEI = re.compile(r"urn:gsma:imei:([0-9-]{14,20})", re.IGNORECASE)  # RFC 7254
_ADDRESS = re.compile(r"[0-9a-fA-F:.]{2,45}|\[[0-9a-fA-F:.]{2,45}\]:[0-9]{1,5}")  # with or without a port
_INGRESSES = frozenset(each.name.lower() for each in Ingress if each)
_REGION = re.compile(r"[1-8][0-9]{5}")
_NOTHING = ("", "<null>")  # the latter is how Kamailio writes what is not set
_YES_NO = {"yes": True, "no": False}


def question(request: Request, peer: str, at: int, words: SipWords, *, believed: bool = False) -> Call:
    """The call that an INVITE asks about, malformed as it may be. peer: who sent it; at: UTC microseconds. believed:
    whether that is an edge that says trunk and door itself; of others such fields may come from whoever dials.

    Raises Malformed where callee or caller cannot be read: nobody can be asked about.
    """
    callee, sound = _callee(request.uri, words)
    asserted, asserts = _asserted(request) if "p-asserted-identity" in request.fields else (None, True)
    shown, shows = _shown(request.first("from"))
    if not shows and shown is None and asserted is None:
        raise Malformed("Bad From")
    fault = request.fault.phrase if request.fault is not None else None
    if fault is None and not (sound and asserts and shows):
        fault = "Bad Address"
    presented = shown if asserted is not None and shown != asserted else None
    told = request.fields if believed else {}
    return Call(
        key=written(request.first("call-id")),
        callee=written(callee),
        at=at,
        caller=_written(shown if asserted is None else asserted),
        presented=_written(presented),
        clir=_hidden(request, shown is None and shows, words),
        trunk=_written(_told(told, words.trunk) or _trunk_group(told)),
        peer=_peer(told, words) or peer,
        ingress=_ingress(told, words),
        forwarded_from=_written(_forwarded(request, callee)),
        device=_device(request),
        serving_region=_region(told, words),
        roaming=_YES_NO.get((_told(told, words.roaming) or "").lower()),
        fault=fault,
    )


def _written(text: str | None) -> str | None:
    return None if text is None else written(text)


def _callee(uri: str, words: SipWords) -> tuple[str, bool]:
    """Who is called, and whether the URI is sound."""
    if uri[:12].lower() == _SERVICE:
        service = uri[12:].lower()
        found = words.services.get(service) or words.services.get(service.partition(".")[0])
        if found is None:
            raise Malformed("Unknown Service", 416)
        return found, True
    number, sound = dialled(uri)
    if not number:
        raise Malformed("Address Incomplete", 484)
    return number, sound


def _number(value: str) -> str | None:
    """The number in a name-addr; None if there is none, or it cannot be read."""
    try:
        return _read(value)
    except Malformed:
        return None


def _read(value: str) -> str | None:
    """The number in a name-addr; None if it names nobody who has one. Raises Malformed."""
    plain = _PLAIN.match(value)
    if plain is not None:
        number, host, options = plain.groups()
        if "phone-context" not in options:
            return None if host.lower() == _ANONYMOUS_HOST else number
    try:
        uri = parse_uri(parse_address(value).uri)
    except Malformed as fault:
        if fault.code == _OTHER_SCHEME:
            return None
        raise
    return None if uri.host == _ANONYMOUS_HOST else uri.number or None


def _salvaged(text: str) -> list[str]:
    """What stands in brackets where quotes do not close: the last first, for a name goes before (RFC 4475 3.1.2.6)."""
    return _BRACKETS.findall(text)[::-1]


def _shown(from_: str) -> tuple[str | None, bool]:
    """The number that From shows, None if it shows none, and whether all of it could be read."""
    try:
        number, whole = _read(from_), True
    except Malformed:
        number, whole = next((found for value in _salvaged(from_) if (found := _number(value))), None), False
    return None if number is not None and number.lower() == "anonymous" else number, whole


def _asserted(request: Request) -> tuple[str | None, bool]:
    """The first asserted identity with a number, and whether the list of them could be read. A tel: URI goes before a
    sip: one, which may name a person."""
    whole = True
    try:
        identities = request.all("p-asserted-identity")
    except Malformed:
        identities, whole = _salvaged("".join(request.fields["p-asserted-identity"])), False
    if len(identities) == 1:
        return _number(identities[0]), whole
    identities.sort(key=lambda value: "tel:" not in value.lower())  # keeps the order otherwise
    return next((number for value in identities if (number := _number(value))), None), whole


def _hidden(request: Request, nobody: bool, words: SipWords) -> bool:
    """Whether the caller asked to be hidden (CLIR, 主叫限显). nobody: whether From shows nobody."""
    lines = request.fields.get("privacy")
    if lines:
        asked = {word.strip().lower() for line in lines for word in line.replace(",", ";").split(";")}
        if asked & words.hiding:
            return True
    return nobody


def _told(told: Fields, name: str) -> str | None:
    """What an edge says by a field of its own."""
    lines = told.get(name)
    return lines[0] if lines and lines[0] not in _NOTHING else None


def _trunk_group(told: Fields) -> str | None:
    """The originating trunk group in the Contact (RFC 4904), where the switch writes it."""
    contact = told.get("contact", [""])[0]
    if "tgrp" not in contact:
        return None
    try:
        return parse_uri(parse_address(contact).uri).options.get("tgrp") or None
    except Malformed:
        return None


def _peer(told: Fields, words: SipWords) -> str | None:
    address = _told(told, words.peer)
    return address if address and _ADDRESS.fullmatch(address) else None


def _ingress(told: Fields, words: SipWords) -> str | None:
    door = (_told(told, words.ingress) or "").lower()
    return door if door in _INGRESSES else None


def _region(told: Fields, words: SipWords) -> int | None:
    code = _told(told, words.region)
    return int(code) if code and _REGION.fullmatch(code) else None


def _forwarded(request: Request, callee: str) -> str | None:
    """Who forwarded the call here last: the top Diversion (RFC 5806), else History-Info (RFC 7044)."""
    try:
        for value in request.all("diversion"):
            return _number(value)
        if "history-info" in request.fields:
            return _history(request.all("history-info"), callee)
    except Malformed:
        return None
    return None


def _history(entries: list[str], callee: str) -> str | None:
    """The target before the one now called. Entries are put in order of their index: 1, 1.1, 1.2, 1.2.1."""

    def index(value: str) -> tuple[int, ...]:
        text = parameters(parse_address(value).tail).get("index", "")
        return tuple(int(part) for part in text.split(".") if part.isascii() and part.isdigit() and len(part) < 10)

    earlier = [number for value in sorted(entries, key=index) if (number := _number(value)) and number != callee]
    return earlier[-1] if earlier else None


def _device(request: Request) -> str | None:
    contact = request.first("contact")
    match = _IMEI.search(contact) if "gsma" in contact.lower() else None
    return match[1].replace("-", "") if match else None
