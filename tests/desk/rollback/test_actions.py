from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.verify import verify
from fanzha.desk.enforcement.models import Change
from fanzha.desk.measures.models import Measure, Suppression
from fanzha.desk.notices.models import Notice
from fanzha.desk.rollback.actions import approve, propose, reject
from fanzha.errors import Refused

NOW = timezone.now()
DAY = timedelta(days=1)


def did(number: int, *, rule: str = "mass.hour@7", network: str = "hb", region: str = "4201", at: Any = NOW) -> Measure:
    """A stop by a rule, in force."""
    return Measure(
        network=network, region=region, kind="number", value=f"+861390{number:07}", rung="outgoing_stop", rule=rule,
        plain="strangers", basis="法", proposed_at=at, in_force_at=at, days=30, expires=at + 30 * DAY, state="active",
        moved_at=at, score=90,
    )  # fmt: skip


@pytest.fixture
def deeds(people: Any) -> Any:
    rows = [did(n) for n in range(30)]
    rows += [
        did(40, rule="mass.hour@6"),
        did(41, rule="other@7"),
        did(42, at=NOW - 3 * DAY),
        did(43, network="hn", region="43"),
    ]
    return Measure.objects.bulk_create(rows)


def test_all_and_only_what_that_version_did_then_is_undone(people: Any, deeds: Any) -> None:
    """Undone, notified, restored, suppressed, labelled, in one approved act."""
    made = propose(people["leader"], "hb", "mass.hour", 7, NOW - DAY, NOW + DAY, "阈值误设为 6")
    assert (made.found, Measure.objects.filter(state="active").count()) == (30, 34)
    done = approve(people["leader2"], made.pk)
    assert (done.undone, done.state) == (30, "done")
    undone = Measure.objects.filter(state="undone", label="wrong_rule")
    assert {row.rule for row in undone} == {"mass.hour@7"}
    assert Measure.objects.filter(state="active").count() == 4
    assert Change.objects.filter(body__isnull=True).count() == 30
    assert Notice.objects.filter(kind="wrong").count() == 30
    assert Suppression.objects.filter(rule="mass.hour").count() == 30
    lines = Entry.objects.filter(action="measures.undo")
    assert (lines.count(), len({line.batch for line in lines})) == (30, 1)
    assert verify().whole
    with pytest.raises(Refused):
        approve(people["leader2"], made.pk)


def test_two_leaders_are_needed(people: Any, deeds: Any) -> None:
    made = propose(people["leader"], "hb", "mass.hour", 7, NOW - DAY, NOW + DAY, "误设")
    with pytest.raises(Refused, match="双人"):
        approve(people["leader"], made.pk)
    assert reject(people["leader2"], made.pk, "规则无误").state == "rejected"
    assert not Measure.objects.filter(state="undone").exists()


def test_without_right_reason_or_deeds_nothing_is_proposed(people: Any, deeds: Any) -> None:
    for name in ("analyst", "duty", "regulator", "stranger", "clerk"):
        with pytest.raises(PermissionDenied):
            propose(people[name], "hb", "mass.hour", 7, NOW - DAY, NOW + DAY, "误设")
    with pytest.raises(Refused, match="理由"):
        propose(people["leader"], "hb", "mass.hour", 7, NOW - DAY, NOW + DAY, " ")
    with pytest.raises(Refused, match="没有"):
        propose(people["leader"], "hb", "mass.hour", 8, NOW - DAY, NOW + DAY, "误设")
    with pytest.raises(Refused, match="晚于"):
        propose(people["leader"], "hb", "mass.hour", 7, NOW + DAY, NOW - DAY, "误设")
