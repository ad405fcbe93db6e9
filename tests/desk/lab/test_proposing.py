"""What rules do by themselves: as far as the ladder and their budgets go, and what stops them (domain 2.3)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from fanzha.desk.alerts.intake import take
from fanzha.desk.alerts.source import MemorySource
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.audit.models import Entry
from fanzha.desk.lab import actions, tripping, undoing
from fanzha.desk.lab.alarms import alarms
from fanzha.desk.lab.choices import State, Trip
from fanzha.desk.lab.models import Cursor, Spent, Version
from fanzha.desk.lab.proposing import weigh
from fanzha.desk.lab.releasing import folder
from fanzha.desk.measures.actions import accept
from fanzha.desk.measures.models import Measure
from fanzha.desk.rollback import actions as rollback
from fanzha.detection.pack import load_pack
from fanzha.errors import Refused

Draft = Callable[..., Any]


@pytest.fixture
def rule(draft: Draft) -> Any:
    """The test's rule, live, and its reader at the beginning of the outbox."""
    Cursor.objects.create(network="hb", name="proposing", position=0)
    return draft("live")


@pytest.fixture
def told(written: Callable[..., dict[str, Any]]) -> Callable[..., int]:
    """The watcher tells alerts of the rule (numbers +8613907110100 on); how many measures came of it."""
    source = MemorySource()

    def tell(
        count: int = 1,
        *,
        measure: str = "verify",
        families: int = 1,
        score: float = 82.0,
        rule: str = "own.busy",
        version: int = 1,
        kind: str = "number",
        hours_ago: float = 0,
    ) -> int:
        seen = (timezone.now() - timedelta(hours=hours_ago)).isoformat()
        for _ in range(count):
            n = len(source.rows)
            value = f"+86139071{10100 + n}" if kind == "number" else f"86012345678{n:04d}"
            body = written(f"r{n}", value, score=score, kind=kind, last_seen=seen)
            spoke = {**body["rule"], "id": rule, "version": version}
            others = [{**spoke, "id": f"own.other{each}", "family": f"f{each}"} for each in range(families - 1)]
            source.rows.append({**body, "rule": spoke, "rules": [spoke, *others], "measure": measure})
        take(source, "hb", timezone.now())
        return weigh(source, "hb", timezone.now())

    return tell


@pytest.mark.parametrize(
    ("asked", "score", "families", "rung", "state"),
    [
        ("warn", 62.0, 1, "message", "active"),
        ("label", 65.0, 1, "label", "active"),
        ("verify", 82.0, 1, "verify", "active"),
        ("verify", 65.0, 1, "label", "active"),  # too weak to ask to verify: the milder rung
        ("block_call", 82.0, 1, "challenge", "active"),
        ("limit", 86.0, 2, "outgoing_stop", "proposed"),  # one person has to agree
        ("limit", 86.0, 1, "verify", "active"),
        ("stop", 97.0, 3, "outgoing_stop", "proposed"),  # a suspension is no rule's to propose
        ("none", 97.0, 3, None, ""),
        ("inspect", 97.0, 3, None, ""),
    ],
)
def test_as_far_as_the_ladder_goes(
    rule: Any, told: Any, asked: str, score: float, families: int, rung: str | None, state: str
) -> None:
    told(measure=asked, score=score, families=families)
    found = [(each.rung, each.state, each.proposed_by, each.rule) for each in Measure.objects.all()]
    assert found == ([(rung, state, None, "own.busy@1")] if rung else [])


def test_only_versions_that_act_and_each_alert_once(rule: Any, told: Any, people: Any) -> None:
    assert told(version=2) == 0  # nobody knows that version
    assert told(hours_ago=30) == 0  # an imported history is people's business
    assert told(rule="mass_dialling.strangers", version=1) == 1
    assert told(kind="device") == 1
    assert told() == 1
    assert told(0) == 0
    assert Measure.objects.count() == 3
    Cursor.objects.update(position=0)  # a crash before the cursor moved: nothing is done twice
    assert told(0) == 0
    actions.step(people["leader"], rule.pk, "roll_back", reason="误伤")
    assert told() == 0


def test_one_person_agrees_to_what_a_rule_asks_for(rule: Any, told: Any, people: Any) -> None:
    told(measure="limit", score=88.0, families=2)
    asked = Measure.objects.get()
    taken = accept(people["analyst"], Measure.objects.get(pk=asked.pk).pk) if asked.region == "420100" else None
    if taken is None:
        taken = accept(people["leader"], asked.pk)
    assert (taken.state, taken.approved_by is not None) == ("active", True)
    with pytest.raises(Refused):
        accept(people["leader"], asked.pk)


def test_a_spent_budget_trips_the_rule_loudly_until_a_person_decides(
    rule: Any, told: Any, people: Any, caplog: pytest.LogCaptureFixture
) -> None:
    leader = people["leader"]
    actions.budget(leader, rule.pk, None, 3, "试跳闸")
    with caplog.at_level(logging.ERROR, logger="fanzha.desk.lab.actions"):
        assert told(10) == 3
    found = Version.objects.get(pk=rule.pk)
    assert (found.state, found.tripped_from, found.tripped_why) == (State.TRIPPED, State.LIVE, Trip.MEASURES)
    assert "own.busy@1" in caplog.text
    entry = Entry.objects.get(action="rules.trip")
    assert (entry.actor, entry.data["province"]) == (None, "42")
    assert [str(each.stage) for each in load_pack([folder()], "hb").rules if each.id == "own.busy"] == ["shadow"]
    assert [(each.rule, each.version) for each in alarms(people["analyst"])] == [("own.busy", 1)]
    assert alarms(people["stranger"]) == []
    assert told(5) == 0  # it waits
    with pytest.raises(Refused, match="份额"):
        actions.step(leader, rule.pk, "resume_share", reason="看过")
    actions.step(leader, rule.pk, "resume", reason="看过了，是真的")
    assert alarms(people["analyst"]) == []
    assert told(3) == 3  # a fresh hour
    assert told(1) == 0
    assert Version.objects.get(pk=rule.pk).state == State.TRIPPED


def test_going_back_undoes_what_it_did_in_the_same_act(rule: Any, told: Any, people: Any) -> None:
    """Its requests are withdrawn at once, the rest ends when another person agrees, and the first word is enough."""
    leader, other = people["leader"], people["leader2"]
    assert told(3) == 3
    assert told(2, measure="limit", score=88.0, families=2) == 2
    assert (undoing.standing(rule).count(), undoing.waiting(rule).count()) == (3, 2)
    with pytest.raises(Refused, match="理由"):
        actions.step(leader, rule.pk, "roll_back", undo=True)
    assert Version.objects.get(pk=rule.pk).state == State.LIVE
    actions.step(leader, rule.pk, "roll_back", reason="误伤", undo=True)
    assert (undoing.standing(rule).count(), undoing.waiting(rule).count()) == (3, 0)
    asked = undoing.asked(rule)
    assert asked is not None
    assert (asked.found, asked.proposed_by, asked.why) == (3, leader, "误伤")
    assert undoing.undo(leader, rule, "再来一次") is None  # asked once
    with pytest.raises(Refused, match="双人"):
        rollback.approve(leader, asked.pk)
    assert rollback.approve(other, asked.pk).undone == 3
    assert undoing.standing(rule).count() == 0
    assert told(1, rule="mass_dialling.strangers") == 1
    with pytest.raises(PermissionDenied):
        undoing.undo(people["analyst"], Version.objects.get(network="hb", rule="mass_dialling.strangers"), "我要")


def test_what_it_measured_before_a_trip_is_kept(rule: Any, told: Any, people: Any) -> None:
    actions.budget(people["leader"], rule.pk, None, 3, "试跳闸")
    told(5)
    assert Entry.objects.get(action="rules.trip").data["measured"]["measures"] == 3


def test_budgets_are_of_a_province_and_an_hour(rule: Any, told: Any, people: Any) -> None:
    actions.budget(people["leader"], rule.pk, 2, None, "试")
    assert told(1) == 1
    Spent.objects.update(hour=timezone.now() - timedelta(hours=2))
    assert told(2) == 2
    Spent.objects.update(province="43")
    assert told(2) == 2
    assert told(1) == 0
    assert Version.objects.get(pk=rule.pk).tripped_why == Trip.PROPOSALS
    for wrong in (-1, 10**6):
        with pytest.raises(Refused, match="预算"):
            actions.budget(people["leader"], rule.pk, wrong, None, "试")


def test_appeals_that_pass_too_often_trip_it(rule: Any, told: Any, people: Any) -> None:
    assert told(6) == 6
    now = timezone.now()
    measures = list(Measure.objects.order_by("pk"))
    for at, measure in enumerate(measures):
        state = "upheld" if at < 3 else "refused"
        Appeal.objects.create(
            network="hb", region="42", measure=measure, statement="我没有", filed_at=now, decided_at=now, state=state,
            moved_at=now,
        )  # fmt: skip
        if at == 3:
            assert tripping.turn(now) == 0  # four decided are too few to say
    assert tripping.turn(now) == 1
    assert Version.objects.get(pk=rule.pk).tripped_why == Trip.APPEALS
    assert Entry.objects.get(action="rules.trip").data["upheld"] == 3
    actions.step(people["leader"], rule.pk, "resume", reason="看过这些申诉")
    assert tripping.turn(timezone.now()) == 0  # a person has seen them
