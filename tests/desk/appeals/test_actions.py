from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from fanzha.desk.appeals import actions
from fanzha.desk.appeals.models import Appeal, Proof
from fanzha.desk.appeals.rates import rates
from fanzha.desk.audit.verify import verify
from fanzha.desk.enforcement.models import Change
from fanzha.desk.measures.actions import Wish, propose
from fanzha.desk.measures.models import Measure, Suppression
from fanzha.desk.notices.codes import code_of
from fanzha.desk.notices.models import Notice
from fanzha.desk.workflow.overdue import mark_overdue
from fanzha.errors import Refused

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


@pytest.fixture
def stopped(people: Any, make_alert: Any) -> Measure:
    """The courier whom a rule had stopped (acceptance 13)."""
    alert = make_alert(score=90.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    return propose(people["analyst"], Wish("outgoing_stop"), alert=alert)


def test_number_and_code_open_it_and_nothing_else_does(stopped: Measure) -> None:
    assert actions.open_by_code("139 0711 0002", code_of(stopped).lower(), "127.0.0.1") == stopped
    for number, code in (("13907110002", "AAAAAAAA"), ("13907110003", code_of(stopped)), ("x", "")):
        with pytest.raises(Refused, match="号码或查询码不正确"):
            actions.open_by_code(number, code, "127.0.0.1")


def test_guessing_codes_is_locked_out(stopped: Measure) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            actions.open_by_code("13907110002", "AAAAAAAA", "127.0.0.1")
    with pytest.raises(Refused, match="锁定"):
        actions.open_by_code("13907110002", code_of(stopped), "127.0.0.1")


def test_upheld_is_lifted_at_once_told_suppressed_and_counted(people: Any, stopped: Measure) -> None:
    """Scenario 13 of domain 3.12: the courier is restored within the day and counted in 误停率; law art. 32."""
    appeal = actions.file(stopped, "我是快递员", [SimpleUploadedFile("证.png", PNG)], contact="13800000000")
    assert appeal.due_at == appeal.filed_at + timedelta(hours=1)
    appeal = actions.acknowledge(people["leader"], appeal.pk)
    assert appeal.due_at == appeal.moved_at + timedelta(hours=24)
    appeal = actions.uphold(people["leader"], appeal.pk, "核实为快递员，正常派件")
    measure = Measure.objects.get()
    assert (measure.state, measure.label) == ("lifted", "wrong")
    assert Change.objects.order_by("pk").last().body is None  # type: ignore[union-attr]
    assert [each.kind for each in Notice.objects.order_by("pk")] == ["received", "wrong"]
    assert Suppression.objects.get().rule == "mass.hour"
    found = rates(people["leader"], timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1))
    assert (found.stops, found.wrong, found.wrong_share) == (1, 1, 1.0)
    assert found.restored_p90 is not None
    assert verify().whole
    with pytest.raises(Refused, match="误判"):
        propose(people["analyst"], Wish("outgoing_stop"), alert=stopped.alert)


def test_verified_is_restored_but_was_not_wrong(people: Any, stopped: Measure) -> None:
    actions.restore(people["leader"], actions.file(stopped, "已实名").pk, "已在营业厅核验")
    measure = Measure.objects.get()
    assert (measure.state, measure.label) == ("lifted", "")
    assert not Suppression.objects.exists()


def test_refused_is_told_why_and_where_to_go_next(people: Any, stopped: Measure) -> None:
    appeal = actions.file(stopped, "放开")
    with pytest.raises(Refused, match="状态"):
        actions.refuse(people["leader"], appeal.pk, "查实外呼诈骗")  # not before it was taken up
    actions.acknowledge(people["leader"], appeal.pk)
    actions.refuse(people["leader"], appeal.pk, "查实外呼诈骗")
    assert Measure.objects.get().state == "active"
    text = Notice.objects.order_by("pk").last().text  # type: ignore[union-attr]
    for told in ("查实外呼诈骗", "12381", "复议", "诉讼"):
        assert told in text


def test_who_took_part_does_not_judge_the_appeal(people: Any, stopped: Measure) -> None:
    appeal = actions.file(stopped, "误停")
    actions.acknowledge(people["analyst"], appeal.pk)
    with pytest.raises(Refused, match="不能裁决"):
        actions.uphold(people["analyst"], appeal.pk, "x")
    for name in ("regulator", "clerk", "bank", "stranger", "subscriber"):
        with pytest.raises(PermissionDenied):
            actions.uphold(people[name], appeal.pk, "x")


def test_one_open_appeal_a_measure(stopped: Measure) -> None:
    actions.file(stopped, "一")
    with pytest.raises(Refused, match="已有"):
        actions.file(stopped, "二")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.png", b"<html>", "JPG"),
        ("a.png", PNG + b"0" * 6_000_000, "过大"),
        ("../../etc/passwd", b"#!/bin/sh", "JPG"),
    ],
)
def test_files_are_judged_by_content(stopped: Measure, home: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        actions.file(stopped, "说明", [SimpleUploadedFile(name, content)])
    assert not Appeal.objects.exists()
    assert not (home / "proofs").exists()


def test_proofs_are_kept_for_the_desk_only(stopped: Measure, home: Path) -> None:
    actions.file(stopped, "说明", [SimpleUploadedFile("../工牌.png", PNG)])
    proof = Proof.objects.get()
    path = home / "proofs" / proof.stored
    assert (proof.name, path.read_bytes(), path.stat().st_mode & 0o077) == ("工牌.png", PNG, 0)
    with pytest.raises(Refused, match="5"):
        actions.file(stopped, "x", [SimpleUploadedFile("a.png", PNG)] * 6)


def test_a_missed_hour_shows(stopped: Measure) -> None:
    appeal = actions.file(stopped, "在境外住院", urgent=True)
    assert appeal.due_at == appeal.filed_at + timedelta(minutes=30)
    mark_overdue(timezone.now() + timedelta(minutes=31))
    assert Appeal.objects.get().overdue


def test_an_appeal_about_what_ended_meanwhile_still_counts(people: Any, stopped: Measure) -> None:
    appeal = actions.file(stopped, "误停")
    Measure.objects.filter(pk=stopped.pk).update(state="expired")
    actions.uphold(people["leader"], appeal.pk, "确为误停")
    assert (Measure.objects.get().label, Suppression.objects.count()) == ("wrong", 1)
