from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.alerts.actions import triage
from fanzha.desk.appeals import actions as appeals
from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.verify import verify
from fanzha.desk.learning import actions, work
from fanzha.desk.learning.models import ModelVersion
from fanzha.desk.learning.outcomes import newest_of, outcomes_of, tally
from fanzha.desk.measures.actions import Wish, propose
from fanzha.desk.pushes import actions as pushes
from fanzha.desk.pushes.models import Push
from fanzha.detection.learning.card import CARD, Section
from fanzha.detection.learning.contest import Contest, Figure, Side
from fanzha.detection.learning.drift import Crowd, Moved, Report, path_of
from fanzha.detection.learning.shelf import LINEAGE, Lineage, Shelf
from fanzha.detection.learning.terms import features
from fanzha.detection.models import Model, train_profiles
from fanzha.detection.models.learner import shipped_settings
from fanzha.detection.outcomes import path_of as outcomes_path
from fanzha.detection.outcomes import read_outcomes
from fanzha.errors import Refused


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder, draw = tmp_path_factory.mktemp("model"), np.random.default_rng(1)
    shipped = shipped_settings()
    few = tuple(msgspec.structs.replace(each, rounds=3) for each in (*shipped.members[:1], shipped.plain))
    quick = msgspec.structs.replace(shipped, members=few[:1], plain=few[1], inner_folds=2)
    fraud = draw.random(60) < 0.5
    rows = draw.random((60, len(features()))) + fraud[:, None]
    train_profiles(rows, features(), fraud, None, folder / "m", folds=2, repeats=1, home=folder, settings=quick)
    return Model.load(folder / "m", home=folder)


@pytest.fixture
def shelf(home: Path, model: Model, house: Any) -> Shelf:
    """Two versions as `fanzha learn propose` leaves them."""
    found = Shelf(home, "hb")
    for number in (1, 2):
        figure = Figure(0.9, 0.8, 0.95)
        figures = dict.fromkeys(
            ("auc", "average_precision", "recall_at_fpr_1pct", "recall_at_fpr_01pct", "brier"), figure
        )
        side = Side(number, figures, 0.01, 3, {"fraud": 5, "judged_honest": 0, "presumed_honest": 0})
        lineage = Lineage(
            number=number, network="hb", model=model.version, made_at="2026-11-15T00:00:00+00:00", made_by="定时",
            seed=0, until=0, outcomes=100, sources={"police": 100}, learnt={"fraud": 40}, apart={},
            contest=Contest(0, 60, 20, 10, 30, side, None, {}, "first"),
        )  # fmt: skip
        card = {"zh": [Section("它是什么", ["说明"], [["项目", "内容"], ["指纹", model.version]])]}
        card["en"] = [Section("What it is", ["Said"], [])]
        more = {LINEAGE: msgspec.json.encode(lineage), CARD: msgspec.json.encode(card)}
        model.save(found.folder(number), home=home, more=more)
    return found


@pytest.fixture
def decided(people: Any, make_alert: Any) -> None:
    """One outcome of every source, and what is none."""
    for at in range(1, 7):
        make_alert(f"a{at}", value=f"+861390711000{at}", score=90.0 - at, region="420100")
    make_alert("v1", value="+8613907110009", scheme="victim_wave", region="420100")
    leader, now = people["leader"], timezone.now()
    triage(leader, ["a1", "v1"], "confirm", "evidence", "已核实", at=now)
    triage(leader, ["a2"], "dismiss", "business", "快递员", at=now)
    triage(leader, ["a3"], "dismiss", "new_holder", "已换人", at=now)
    pushes.push_morning(timezone.localtime(now).replace(hour=9) + timedelta(days=1))
    push = Push.objects.get()
    pushes.sign(people["duty"], push.pk)
    rank = push.ranked.get(alert_id="a4").rank
    pushes.answer(people["duty"], push.pk, {rank: "true"}, "已立案")


def _of(source: str) -> dict[str, bool]:
    return {row.value: row.fraud for row in outcomes_of("hb") if row.source == source}


def test_every_decision_becomes_an_outcome_and_what_says_nothing_becomes_none(
    people: Any, decided: None, make_alert: Any
) -> None:
    assert _of("confirmed") == {"+8613907110001": True, "+8613907110004": True}  # the police's answer judged it too
    assert _of("dismissed") == {"+8613907110002": False}  # not the one whose number has a new holder
    assert _of("police") == {"+8613907110004": True}
    assert "+8613907110009" not in {row.value for row in outcomes_of("hb")}  # a warned victim is no fraudster
    assert outcomes_of("hn") == []
    alert = make_alert("a5", value="+8613907110005", score=90.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
    appeal = appeals.file(measure, "我是快递员", [])
    appeals.acknowledge(people["leader"], appeal.pk)
    appeals.uphold(people["leader"], appeal.pk, "核实为快递员")
    assert _of("appeal") == {"+8613907110005": False}
    assert _of("wrong_stop") == {}  # told once, by the appeal
    assert all(row.seen <= row.at for row in outcomes_of("hb") if row.source != "police")
    every = outcomes_of("hb")
    assert tally("hb") == Counter((row.source, row.fraud) for row in every)
    assert newest_of("hb", 3) == every[:-4:-1]


def test_the_job_lays_the_file_and_tells_the_audit_only_of_changes(home: Path, decided: None) -> None:
    assert actions.write_outcomes(timezone.now()) == 1
    assert actions.write_outcomes(timezone.now()) == 0
    assert read_outcomes(outcomes_path(home, "hb")).rows
    assert not outcomes_path(home, "hn").exists()
    entry = Entry.objects.get(action="learning.outcomes")
    assert entry.data["rows"] == len(outcomes_of("hb"))
    assert "1390711" not in str(entry.data)


def test_outcomes_are_masked_on_the_page_and_given_out_in_full_with_right_and_reason(
    signed_in: Callable[[str], Client], people: Any, decided: None
) -> None:
    page = signed_in("leader").get(reverse("learning:list")).content.decode()
    assert "+86139****0001" in page
    assert "13907110001" not in page.replace("+86139****0001", "")
    address, form = reverse("learning:outcomes"), {"network": "hb", "reason": "去训练机"}
    given = signed_in("leader").post(address, form)
    assert b"+8613907110001" in given.content
    assert Entry.objects.get(action="learning.export").reason == "去训练机"
    assert signed_in("leader").post(address, {"network": "hb"}).status_code == 422
    assert signed_in("leader").post(address, {**form, "network": "hn"}).status_code == 403
    assert signed_in("analyst").post(address, form).status_code == 403
    assert signed_in("stranger").post(address, form).status_code == 403
    assert "139****" not in signed_in("analyst").get(reverse("learning:list")).content.decode()  # a city's analyst
    assert signed_in("clerk").get(reverse("learning:list")).status_code == 403


def test_two_people_release_one_goes_back_and_the_file_follows(people: Any, shelf: Shelf) -> None:
    now = timezone.now()
    assert actions.take_versions(now) == 2
    assert actions.take_versions(now) == 0
    first, second = (ModelVersion.objects.get(number=number) for number in (1, 2))
    with pytest.raises(PermissionDenied):
        actions.ask(people["duty"], first.pk, "好")
    with pytest.raises(Refused, match="理由"):
        actions.ask(people["leader"], first.pk, " ")
    actions.ask(people["leader"], first.pk, "召回高")
    with pytest.raises(Refused, match="双人"):
        actions.approve(people["leader"], first.pk)
    with pytest.raises(PermissionDenied):
        actions.approve(people["analyst"], first.pk)
    assert shelf.current() == 0
    actions.approve(people["leader2"], first.pk)
    assert shelf.current() == 1
    actions.ask(people["leader2"], second.pk, "更好")
    actions.approve(people["leader"], second.pk)
    assert shelf.current() == 2
    assert _states() == {1: "retired", 2: "released"}
    actions.back(people["leader2"], second.pk, "投诉增多")
    assert (shelf.current(), _states()) == (1, {1: "released", 2: "retired"})
    assert [act.why for act in shelf.acts()] == ["召回高", "更好", "投诉增多"]
    actions.ask(people["leader2"], second.pk, "再试")
    actions.decline(people["leader"], second.pk, "再等等")
    shelf.back(by="root", why="夜间", at=now.isoformat())  # from the command line
    actions.take_versions(now)
    assert _states() == {1: "retired", 2: "declined"}
    assert verify().whole


def _states() -> dict[int, str]:
    return dict(ModelVersion.objects.values_list("number", "state"))


def test_a_changed_model_is_not_released(people: Any, shelf: Shelf) -> None:
    actions.take_versions(timezone.now())
    version = ModelVersion.objects.get(number=1)
    actions.ask(people["leader2"], version.pk, "好")
    (shelf.folder(1) / LINEAGE).write_text("{}")
    with pytest.raises(Exception, match="changed"):
        actions.approve(people["leader"], version.pk)
    assert _states()[1] == "asked"
    assert shelf.current() == 0


def test_the_pages_show_cards_drift_and_only_ones_own_networks(
    signed_in: Callable[[str], Client], people: Any, shelf: Shelf
) -> None:
    actions.take_versions(timezone.now())
    version = ModelVersion.objects.get(number=1)
    moved = Moved("score", 0.31, "alarm")
    at = "2026-11-15T00:00:00+00:00"
    there, said = Moved("busy", 0.2, "watch", 633, 768), Moved("said_fraud", 1.0, "alarm", 37, 103)
    crowd = Crowd(768, 633, there, said, moved, [Moved("out_new_7d", 0.14, "watch", 93, 139)], "alarm")
    path_of(shelf).write_bytes(Report(1, "hb", at, at, 900, 900, "alarm", moved, [], crowd).to_json())
    page = signed_in("duty").get(reverse("learning:list")).content.decode()
    assert "0.310" in page
    assert "得分" in page
    assert "报警" in page
    assert "633 → 768 个，其中模型认为涉诈 37 → 103 个" in page
    assert "0.140" in page
    address = reverse("learning:detail", args=[version.pk])
    assert "它是什么" in signed_in("regulator").get(address).content.decode()
    assert signed_in("stranger").get(address).status_code == 404
    act = reverse("learning:act", args=[version.pk])
    assert signed_in("analyst").post(act, {"act": "ask", "reason": "好"}).status_code == 404  # a city's analyst
    assert signed_in("leader2").post(act, {"act": "ask", "reason": "好"}).status_code == 302
    assert signed_in("leader2").post(act, {"act": "approve"}).status_code == 422
    assert signed_in("leader").post(act, {"act": "nonsense"}).status_code == 404
    assert signed_in("leader").post(act, {"act": "approve"}).status_code == 302
    assert signed_in("leader").post(act, {"act": "back", "reason": "撤"}).status_code == 302
    (shelf.folder(1) / CARD).write_text("{}")
    assert "changed" in signed_in("leader").get(address).content.decode()


def test_a_challenger_is_trained_when_enough_is_new_and_once_a_day(
    people: Any, shelf: Shelf, decided: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    class Child:
        returncode = 0

        def __init__(self, command: list[str], **_: Any) -> None:
            started.append(command[4:])

        def poll(self) -> int:
            return 0

    monkeypatch.setattr(work.subprocess, "Popen", Child)
    monkeypatch.setattr(work, "_began", {})
    monkeypatch.setattr(work, "_running", {})
    night = timezone.localtime(timezone.now()).replace(hour=3, minute=0)
    morning = night + timedelta(hours=2)
    assert work.look(morning) == 0  # too few outcomes for a first model
    actions.take_versions(timezone.now())
    bounds = msgspec.structs.replace(work.learning(), new_outcomes=3)
    monkeypatch.setattr(work, "learning", lambda: bounds)
    ModelVersion.objects.update(made_at=morning - timedelta(days=8))
    shelf.release(1, by="a", approved_by="b", why="x", at="t")
    assert work.look(night) == 0  # not the hour yet
    assert work.look(morning) == 2
    assert {command[command.index("learn") + 1] for command in started} == {"propose", "drift"}
    assert work.look(morning + timedelta(minutes=5)) == 0
    ModelVersion.objects.update(made_at=morning - timedelta(days=1))
    assert not work.due("hb", morning)


def test_a_network_without_a_desk_row_gives_nothing_out(people: Any) -> None:
    with pytest.raises(PermissionDenied):
        actions.take_away(people["leader"], "nowhere", "x")


def test_an_alert_says_what_the_model_thinks_of_it_or_that_it_abstains(
    signed_in: Callable[[str], Client], make_alert: Any
) -> None:
    alert = make_alert()
    model = {
        "name": "outcomes", "version": "2/abc", "probability": 0.93, "says": "fraud", "points": 30.0,
        "zh": ["开卡天数为 2：诈骗几率乘以 3.28"], "en": ["days since activation is 2: multiplies the odds by 3.28"],
    }  # fmt: skip
    page, address = signed_in("leader"), reverse("alerts:detail", args=[alert.pk])
    assert "校准概率" not in page.get(address).content.decode()
    for said, word in (("fraud", "判为诈骗"), ("unsure", "弃权")):
        alert.body["model"] = {**model, "says": said}
        alert.save()
        told = page.get(address).content.decode()
        assert word in told
        assert "诈骗几率乘以 3.28" in told
