"""Decides which rows of the policy the edge enforces by itself, fail closed: peers, contracts, exemptions, the plan.

Lists, counters and models stay with the engine; what is here is arithmetic on one call, true with no engine.

    peer/ADDRESS[/PORT]         trunk
    net/0, net/1, ...           "network trunk", the narrowest first
    trunk/TRUNK                 ingress;contract known;area code;lengths of local numbers;code phrase;rate;name;region
    auth/TRUNK/LENGTH/PREFIX    permitted callers (专线合同号段), country code and digits
    clir|empty|any/TRUNK/NUMBER until when (Unix seconds) a special user may hide, send an empty number ...; * for all
    next/TRUNK                  group of next hops, where it is not the default one
    code/DIGITS                 sos: an emergency number; public: another that no rule may keep a call from
    area/DIGITS                 an area code without its 0, which may stand before those
    plan/FORM LENGTH/PREFIX     what R1-R8 say of a caller so written (plan_rows.py)
    dial/PREFIX                 carrier prefixes (17911 ...) that are no part of the number behind them
    rule/R5                     block or label
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import quote

import pyarrow as pa

from fanzha import vocabulary as words
from fanzha.errors import PolicyError
from fanzha.gateway.edge.plan_rows import plan_rows
from fanzha.gateway.edge.ranges import prefixes
from fanzha.numbering import normalise
from fanzha.numbering.plan import current
from fanzha.policy.policy import Policy
from fanzha.policy.trunk import SpecialUser, Trunk
from fanzha.records.contract import Ingress

MAX_NETWORKS = 64  # the edge walks them one by one
MAX_ROWS = 2_000_000  # about 350 MB of the edge's shared memory
FOREVER = 2**31 - 1  # Kamailio 5.6 counts in 32 bits
ANYBODY = "*"


@dataclass(frozen=True)
class Rules:
    """rows: key -> value, as above. version: the policy's. plan_until: Unix seconds after which R3, R8 only label."""

    rows: dict[str, str]
    version: int
    plan_until: int

    @cached_property
    def digest(self) -> str:
        """What tells one set of rows from another, whatever policy version it came with."""
        found = hashlib.sha256()
        for key, value in sorted(self.rows.items()):
            found.update(f"{key}\0{value}\0".encode())
        return found.hexdigest()[:32]


class Local(NamedTuple):
    """What is a matter of this edge and not of the policy. groups: trunk -> group of next hops. rate: calls a second
    of one trunk, 0 for no limit."""

    groups: Mapping[str, int]
    rate: int = 0


def compile_rules(policy: Policy, local: Local, day: date) -> Rules:
    """The rows of one policy on one day (Asia/Shanghai). Raises PolicyError for more than an edge can hold."""
    rows: dict[str, str] = {}
    for trunk in policy.trunks.values():
        rows.update(_trunk(trunk, policy, local))
        if len(rows) > MAX_ROWS:
            raise PolicyError(
                f"the contracts make more than {MAX_ROWS} rows",
                where=f"trunk {trunk.id}",
                hint="write ranges that begin and end at round numbers",
            )
    rows.update(_networks(policy))
    rows.update(_protected(policy))
    rows["rule/R5"] = words.false_cli_rules().rules["R5"].action
    rows.update((f"dial/{prefix}", "1") for prefix in words.number_plan().dial_prefixes.prefixes)
    rows.update((f"plan/{key}", value) for key, value in plan_rows(day).items())
    last = current().as_of + timedelta(days=words.false_cli_rules().plan_max_age_days + 1)
    until = int(datetime(last.year, last.month, last.day).timestamp())
    return Rules(rows, policy.version, min(until, FOREVER))


def word(trunk: str) -> str:
    """A trunk's id as a word of keys: / and blanks are written as in a URL."""
    return quote(trunk, safe="")


def _trunk(trunk: Trunk, policy: Policy, local: Local) -> Iterator[tuple[str, str]]:
    name = word(trunk.id)
    hard = policy.profile(trunk.profile).hard
    ingress = Ingress[trunk.ingress.upper()] if trunk.ingress.upper() in Ingress.__members__ else Ingress.UNKNOWN
    area = trunk.area.lstrip("0")
    lengths = "".join(str(size) for size in words.area_codes().areas[trunk.area].local) if area else ""
    known = "0" if trunk.ranges is None else "1"
    told = trunk.id if trunk.id.isprintable() and ";" not in trunk.id else name
    plain = f"{int(ingress)};{known};{area};{lengths};{hard.code} {hard.phrase}"
    yield f"trunk/{name}", f"{plain};{local.rate};{told};{f'{trunk.region:0<6}' if trunk.region else ''}"
    for peer in trunk.peers:
        if "/" not in peer:
            yield f"peer/{_address(peer)}", name
    if trunk.id in local.groups:
        yield f"next/{name}", str(local.groups[trunk.id])
    for first, last in trunk.ranges or ():
        for length, prefix in prefixes(first, last):
            yield f"auth/{name}/{length}/{prefix}", "1"
    for user in trunk.special:
        yield from _special(name, user)


def _special(name: str, user: SpecialUser) -> Iterator[tuple[str, str]]:
    number = ANYBODY if user.number == ANYBODY else str(user.key)
    yield f"{user.exemption}/{name}/{number}", str(min(user.expires // 1_000_000, FOREVER))


def _address(peer: str) -> str:
    """10.0.0.1:5060 -> 10.0.0.1/5060; addresses as Kamailio writes them."""
    try:
        return str(ip_address(peer))
    except ValueError:
        host, _, port = peer.rpartition(":")
        return f"{ip_address(host.strip('[]'))}/{port}"


def _networks(policy: Policy) -> Iterator[tuple[str, str]]:
    found = [(ip_network(peer, strict=False), trunk.id) for trunk in policy.trunks.values() for peer in trunk.peers
             if "/" in peer]  # fmt: skip
    if len(found) > MAX_NETWORKS:
        raise PolicyError(f"{len(found)} networks of peers", hint=f"at most {MAX_NETWORKS}; name the addresses")
    found.sort(key=lambda item: -item[0].prefixlen)
    yield from ((f"net/{at}", f"{network} {word(trunk)}") for at, (network, trunk) in enumerate(found))


def _protected(policy: Policy) -> Iterator[tuple[str, str]]:
    """Emergency calls pass before any check; calls to public services meet no rule, as in `gateway.decide`."""
    codes = words.service_numbers().numbers
    keys = normalise(pa.array(list(codes), pa.string())).number
    for (code, row), key in zip(codes.items(), keys, strict=True):
        if row.kind == "emergency":
            yield f"code/{code}", "sos"
        elif policy.protected(int(key)):
            yield f"code/{code}", "public"
    yield from ((f"area/{area[1:]}", "1") for area in words.area_codes().areas)
