from __future__ import annotations

import json
from pathlib import Path

import pytest


def one_of_each(alerts: Path) -> dict[tuple[str, str], dict]:
    found: dict[tuple[str, str], dict] = {}
    for line in alerts.read_text(encoding="utf-8").splitlines():
        alert = json.loads(line)
        found.setdefault((alert["entity"]["kind"], alert["scheme"]), alert)
    return found


def test_explain_raises_the_very_alerts_of_a_scan(home: Path, alerts: Path, fanzha) -> None:
    whole = [json.loads(line) for line in alerts.read_text(encoding="utf-8").splitlines()]
    first_of_kind = dict(reversed(one_of_each(alerts)))
    wanted = {*first_of_kind.items(), ("number", "victim_wave"), ("number", "false_cli")}  # every way of judging
    for kind, scheme in sorted(wanted & one_of_each(alerts).keys()):
        entity = one_of_each(alerts)[kind, scheme]["entity"]
        told = json.loads(fanzha(home, "explain", entity["value"], "--kind", kind, "--json").stdout)
        mine = [each for each in whole if each["entity"] == entity]
        assert told["entity"] == {"kind": kind, "value": entity["value"]}, scheme
        assert told["alerts"] == mine, scheme
        assert all(each["counterfactual"]["en"] for each in told["alerts"])


def test_a_person_reads_profile_days_company_and_records(home: Path, alerts: Path, fanzha) -> None:
    value = one_of_each(alerts)["number", "mass_dialling"]["entity"]["value"]
    text = fanzha(home, "explain", value, "--calls", 3).stdout
    for words in ("Mass dialling", "By the day", "Profile", "Contacts", "Devices", "Cells", "Latest call records"):
        assert words in text
    assert "逐日" in fanzha(home, "explain", value, lang="zh").stdout


def test_its_records_are_all_of_its_calls(home: Path, alerts: Path, fanzha) -> None:
    alert = one_of_each(alerts)["number", "mass_dialling"]
    told = json.loads(fanzha(home, "explain", alert["entity"]["value"], "--json").stdout)
    ids = {call["id"] for call in told["calls"]}
    assert set(alert["records"]) <= ids
    assert sum(day["outgoing"] + day["incoming"] for day in told["days"]) == len(told["calls"])
    assert told["profile"]["out_total"] == sum(day["outgoing"] for day in told["days"])


@pytest.mark.parametrize("what", ["999", "nonsense", "13999999999", "+8613800138000; drop", "0" * 40])
def test_nobody_knows_it(home: Path, what: str, fanzha) -> None:
    done = fanzha(home, "explain", what)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_page_of_one_number(home: Path, alerts: Path, tmp_path: Path, fanzha) -> None:
    value = one_of_each(alerts)["number", "mass_dialling"]["entity"]["value"]
    done = fanzha(home, "explain", value, "--out", tmp_path / "x.html")
    assert done.returncode == 0, done.stderr
    assert "群拨陌生号码" in (tmp_path / "x.html").read_text(encoding="utf-8")
    assert fanzha(home, "explain", value, "--out", tmp_path / "x.jsonl").returncode == 2
