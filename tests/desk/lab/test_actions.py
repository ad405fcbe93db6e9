"""A rule's way through the laboratory: four eyes, one version live, one act back, and what watch is told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.lab import actions
from fanzha.desk.lab.alarms import alarms
from fanzha.desk.lab.choices import Origin, State, Trip
from fanzha.desk.lab.files import sync, take_files
from fanzha.desk.lab.models import Version
from fanzha.desk.lab.releasing import files, folder, put, repair
from fanzha.detection.pack import load_pack
from fanzha.detection.release import path_of, read_release
from fanzha.detection.rule import Rule
from fanzha.errors import Refused

TEXT_RULE = "own.busy"
Draft = Callable[..., Any]


def running(network: str = "hb") -> dict[str, str]:
    """What watch would run of the test's rule: version -> stage."""
    return {rule.name: str(rule.stage) for rule in load_pack([folder()], network).rules if rule.id == TEXT_RULE}


def test_the_whole_way_and_back(draft: Draft, people: Any, home: Path) -> None:
    leader, analyst = people["leader"], people["analyst"]
    first = draft("live")
    assert running() == {"own.busy@1": "live"}
    second = actions.draft(analyst, "hb", first.text.replace("> 20", "> 40"), "太宽")
    assert (second.version, "version: 2" in second.text) == (2, True)
    with pytest.raises(Refused, match="已有草稿"):
        actions.draft(analyst, "hb", first.text, "")
    for name, runs in (
        ("review", {"own.busy@1": "live"}),
        ("shadow", {"own.busy@1": "live", "own.busy@2": "shadow"}),
        ("share1", {"own.busy@1": "live", "own.busy@2": "share"}),
        ("share10", {"own.busy@1": "live", "own.busy@2": "share"}),
        ("go_live", {"own.busy@2": "live"}),
    ):
        second = actions.step(leader, second.pk, name, reason="看过上一步")
        assert running() == runs
        if name.startswith("share"):
            share = {rule.name: rule.share for rule in load_pack([folder()], "hb").rules if rule.id == TEXT_RULE}
            most = {"share1": 10, "share10": 100}[name]
            assert share == {"own.busy@1": (most, 1000), "own.busy@2": (0, most)}
    assert Version.objects.get(pk=first.pk).state == State.RETIRED
    actions.step(leader, second.pk, "roll_back", reason="误伤")
    assert running() == {"own.busy@1": "live"}
    batch = Entry.objects.filter(action="rules.roll_back").get().batch
    assert set(Entry.objects.filter(batch=batch).values_list("action", flat=True)) == {
        "rules.roll_back", "rules.succeed",
    }  # fmt: skip
    actions.step(leader, second.pk, "restore", reason="查过了")  # the other way, in one act too
    assert running() == {"own.busy@2": "live"}
    assert Entry.objects.filter(action="rules.go_live").last().data["measured"]["hours"] == 0.0
    assert Version.objects.filter(rule=TEXT_RULE).count() == 2


def test_going_back_brings_nothing_back_that_a_person_stopped(draft: Draft, people: Any) -> None:
    """Only a version that gave way to the one taken back: not one found bad before, not one that had tripped."""
    leader, first = people["leader"], draft("live")
    second = draft("live", change=("> 20", "> 40"))
    actions.step(leader, second.pk, "roll_back", reason="误伤")
    actions.step(leader, first.pk, "roll_back", reason="也误伤")
    assert running() == {}
    actions.step(leader, first.pk, "restore", reason="再试")
    actions.trip(Version.objects.get(pk=first.pk), Trip.MEASURES, {}, timezone.now())
    third = draft("live", change=("> 20", "> 60"))
    assert [row.rule for row in alarms(leader)] == []  # who took its place has decided
    actions.step(leader, third.pk, "roll_back", reason="还是误伤")
    assert running() == {}


def test_a_new_version_keeps_the_rules_own_budget(draft: Draft, people: Any) -> None:
    actions.budget(people["leader"], draft("live").pk, 7, 5, "先小")
    second = draft()
    assert (second.most_proposals, second.most_measures) == (7, 5)


def test_two_pairs_of_eyes_and_the_operators_own_people(draft: Draft, people: Any) -> None:
    found = draft()
    with pytest.raises(PermissionDenied):
        actions.step(people["analyst"], found.pk, "review")
    own = actions.draft(people["leader"], "hb", found.text.replace("own.busy", "own.other"), "")
    with pytest.raises(Refused, match="双人"):
        actions.step(people["leader"], own.pk, "review")
    edited = actions.edit(people["leader2"], own.pk, own.text, "改过")
    with pytest.raises(Refused, match="双人"):
        actions.step(people["leader2"], edited.pk, "review")
    with pytest.raises(Refused, match="起草或修改过"):  # a colleague's comma does not make it the colleague's
        actions.step(people["leader"], edited.pk, "review")
    for name in ("duty", "regulator", "stranger"):
        with pytest.raises(PermissionDenied):
            actions.draft(people[name], "hb", found.text, "")
        with pytest.raises(PermissionDenied):
            actions.step(people[name], found.pk, "review")
    reviewed = actions.step(people["leader"], found.pk, "review")
    with pytest.raises(Refused, match="不能再改"):
        actions.edit(people["analyst"], reviewed.pk, found.text, "")
    with pytest.raises(Refused, match="理由"):
        actions.step(people["leader"], actions.step(people["leader"], found.pk, "shadow").pk, "share1")


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("out_1h > 20", "out_2h > 20", "out_2h"),
        ("score: 72", "score: 99", "score"),
        ("measure: verify", "measure: stop", "这样重的处置"),
        ("on: out", "on: sideways", "sideways"),
        ("rules:", "rules", "YAML"),
        ("when: out_1h > 20 and out_answered_1h / out_1h <= 0.5", "cli: R1", "不能在此起草"),
    ],
)
def test_a_text_that_cannot_run_is_no_draft(people: Any, draft: Draft, old: str, new: str, wrong: str) -> None:
    with pytest.raises(Refused, match=wrong):
        draft(change=(old, new))
    assert not Version.objects.filter(rule=TEXT_RULE).exists()


def test_of_two_reviewers_one_is_told_and_an_outdated_draft_is_none(draft: Draft, people: Any) -> None:
    found = draft()
    Version.objects.filter(pk=found.pk).update(text=found.text.replace("out_1h", "out_gone"))  # a field of yesterday
    with pytest.raises(Refused, match="out_gone"):
        actions.step(people["leader"], found.pk, "review")
    Version.objects.filter(pk=found.pk).update(text=found.text)
    actions.step(people["leader"], found.pk, "review")
    with pytest.raises(Refused, match="状态已变化"):
        actions.step(people["leader2"], found.pk, "review")


def test_a_fifth_shadow_is_refused_and_changes_nothing(people: Any, draft: Draft, home: Path) -> None:
    draft("shadow")
    for n in range(3):
        draft("shadow", change=("own.busy", f"own.more{n}"))
    fifth = draft("reviewed", change=("own.busy", "own.fifth"))
    number = read_release(path_of(folder(), "hb")).number  # type: ignore[union-attr]
    with pytest.raises(Refused, match="影子运行的规则太多"):
        actions.step(people["leader"], fifth.pk, "shadow")
    assert Version.objects.get(pk=fifth.pk).state == State.REVIEWED
    assert read_release(path_of(folder(), "hb")).number == number  # type: ignore[union-attr]


def test_a_release_that_was_lost_is_written_again(draft: Draft) -> None:
    draft("shadow")
    path = path_of(folder(), "hb")
    before = path.read_bytes()
    path.write_text("{")
    assert repair(None) == 1
    assert path.read_bytes()[:200] == before[:200]
    assert put("hb") is False


def test_rules_of_files_are_versions_once_and_a_newer_file_succeeds_them(house: Any, people: Any) -> None:
    from dataclasses import replace
    from datetime import UTC, datetime

    now = datetime(2026, 11, 22, tzinfo=UTC)
    rules = files().rules
    assert take_files(now) == 2 * len(rules)  # two networks
    assert take_files(now) == 0
    rows = Version.objects.filter(network="hb")
    assert {row.state for row in rows} == {State.LIVE}
    assert {row.origin for row in rows} == {Origin.FILES}

    def newer(rule: Rule) -> Rule:
        return replace(rule, version=rule.version + 1)

    some = "mass_dialling.strangers"
    assert sync(house.hb, [newer(rule) if rule.id == some else rule for rule in rules], now) == 1
    assert [row.state for row in rows.filter(rule=some).order_by("version")] == [State.RETIRED, State.LIVE]
    sync(house.hb, [rule for rule in rules if rule.id != some], now)  # the file is gone, so is its rule
    assert not rows.filter(rule=some, state=State.LIVE).exists()
