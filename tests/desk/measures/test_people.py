"""The people of design section 4 go through the desk and come out served: labelled or asked to verify at most."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from fanzha.desk.enforcement.models import Change
from fanzha.desk.measures.actions import Wish, propose, propose_by_rule
from fanzha.desk.measures.evidence import suggested
from fanzha.desk.measures.ladder import rungs
from fanzha.errors import Refused

_PATH = Path(__file__).parents[2] / "people" / "test_people.py"
_SPEC = importlib.util.spec_from_file_location("design_people", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
PEOPLE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(PEOPLE)
STOPS = ("rate", "outgoing_stop", "suspend", "shutdown")


@pytest.mark.parametrize("person", PEOPLE.ALL["people"], ids=lambda person: person["who"])
def test_served(person: dict[str, Any], people: Any, make_alert: Any) -> None:
    score, fired = PEOPLE.score(PEOPLE.profile(person, 1.0))
    alert = make_alert(score=score, band="watch")
    rules = {rule.id: rule.family for rule in PEOPLE.PACK.rules}
    first = alert.body["rules"][0]
    alert.body["rules"] = [{**first, "id": name, "family": str(rules[name])} for name in fired] or [first]
    alert.measure = "stop"  # whatever detection proposed
    alert.save()
    best = suggested(alert)
    assert best is None or best.id in ("message", "label", "verify")
    for name in STOPS:
        with pytest.raises(Refused):
            propose(people["analyst"], Wish(name, note="规则命中"), alert=alert)
        with pytest.raises(Refused):
            propose_by_rule(alert, Wish(name, note="规则命中"))
    for step in rungs().values():
        if step.id not in STOPS and step.evidence.score <= score:
            propose(people["analyst"], Wish(step.id), alert=alert)
    assert all(change.body["action"] in (1, 2) for change in Change.objects.all())  # label, challenge: calls go on
