"""What of a policy the edge enforces by itself, row by row (A7, A8, E5, E8)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from kamailio_edge import DAY, LATER, TRUNKS

from fanzha.errors import PolicyError
from fanzha.gateway.edge.plan_rows import plan_rows, situations
from fanzha.gateway.edge.rules import Local, Rules, compile_rules, word
from fanzha.policy.policy import Policy
from fanzha.policy.trunk import Trunk
from fanzha.records.contract import Ingress


def test_peers_networks_contracts_and_exemptions_become_rows(rules: Rules) -> None:
    rows = rules.rows
    name = word("hangzhou 1")
    assert rows["peer/127.0.0.11"] == name
    assert rows["net/0"] == "127.0.0.128/25 branch%20offices"
    assert rows[f"trunk/{name}"] == "5;1;571;8;403 Forbidden;0;hangzhou 1;330100"
    assert rows[f"auth/{name}/13/861381234"] == "1"
    assert rows[f"auth/{name}/13/8657188880001"] == "1"
    assert f"auth/{name}/13/8657188880000" not in rows
    assert rows[f"clir/{name}/8613812345678"] == str(LATER // 1_000_000)
    assert rows["next/branch%20offices"] == "3"
    assert (rows["code/110"], rows["code/95588"]) == ("sos", "public")
    assert not [key for key in rows if key.startswith("auth/abroad")]


def test_the_narrowest_network_comes_first_and_addresses_are_written_as_kamailio_does() -> None:
    trunks = (
        Trunk(id="wide", owner="x", peers=("10.0.0.0/8", "[2001:0db8::0001]:5060")),
        Trunk(id="narrow", owner="x", peers=("10.1.0.0/16", "10.2.0.1:5070")),
    )
    rows = compile_rules(Policy(trunks=trunks), Local({}), DAY).rows
    assert (rows["net/0"], rows["net/1"]) == ("10.1.0.0/16 narrow", "10.0.0.0/8 wide")
    assert (rows["peer/10.2.0.1/5070"], rows["peer/2001:db8::1/5060"]) == ("narrow", "wide")


def test_a_contract_that_permits_nobody_is_not_one_that_is_unknown() -> None:
    trunks = (Trunk(id="none", owner="x", ranges=()), Trunk(id="unknown", owner="x"))
    rows = compile_rules(Policy(trunks=trunks), Local({}), DAY).rows
    assert (rows["trunk/none"].split(";")[1], rows["trunk/unknown"].split(";")[1]) == ("1", "0")


def test_too_many_networks_are_refused() -> None:
    trunk = Trunk(id="t", owner="x", peers=tuple(f"10.{n}.0.0/16" for n in range(65)))
    with pytest.raises(PolicyError, match="65 networks"):
        compile_rules(Policy(trunks=(trunk,)), Local({}), DAY)


def test_the_same_rows_have_the_same_digest_whatever_the_version(rules: Rules) -> None:
    assert compile_rules(Policy(version=9, trunks=TRUNKS), Local({"branch offices": 3}), DAY).digest == rules.digest
    assert compile_rules(Policy(version=7, trunks=TRUNKS[1:]), Local({}), DAY).digest != rules.digest


def said(rows: dict[str, str], form: str, digits: str, ingress: Ingress, owns: int = -1) -> str:
    """As Kamailio looks it up."""
    sizes = range(min(len(digits), 8), -1, -1)
    row = next((rows[key] for n in sizes if (key := f"{form}{len(digits)}/{digits[:n]}") in rows), "-" * 18)
    return row[situations().index((ingress, owns))]


def test_plan_rows_say_what_the_rules_say() -> None:
    rows = plan_rows(DAY)
    assert said(rows, "n", "13812345678", Ingress.INTERNATIONAL) == "1"
    assert said(rows, "c", "13812345678", Ingress.INTERNATIONAL) == "a"  # +86 mobile: a label
    assert said(rows, "n", "13812345678", Ingress.INTERNETWORK) == "-"
    assert said(rows, "n", "14212345678", Ingress.INTERNETWORK) == "3"
    assert said(rows, "z", "57112345", Ingress.INTERNETWORK) == "-"  # 0571 12345
    assert said(rows, "z", "57188880000", Ingress.INTERNATIONAL) == "1"
    assert said(rows, "f", "12125551234", Ingress.INTERNATIONAL) == "-"
    assert said(rows, "n", "95588", Ingress.TRUNK, 0) == "2"
    assert said(rows, "n", "95588", Ingress.TRUNK, 1) == "-"
    assert said(rows, "n", "1001", Ingress.LOCAL) == "c"


def test_plan_data_older_than_a_year_only_labels(rules: Rules) -> None:
    later = plan_rows(date(2029, 1, 1))
    assert said(later, "n", "14212345678", Ingress.INTERNETWORK) == "c"
    assert said(later, "n", "13812345678", Ingress.INTERNATIONAL) == "1"
    ends = datetime.fromtimestamp(rules.plan_until, UTC).date()
    assert date(2027, 10, 31) <= ends <= date(2027, 11, 4)
