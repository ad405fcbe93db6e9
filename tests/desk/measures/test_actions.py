from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from fanzha.desk.appeals import actions as appeals
from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.verify import verify
from fanzha.desk.enforcement.models import Change
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures import actions
from fanzha.desk.measures.actions import Wish, approve, expire, lift, propose, propose_by_rule, reject, withdraw
from fanzha.desk.measures.evidence import suggested
from fanzha.desk.measures.models import Measure, Suppression
from fanzha.desk.notices.models import Notice
from fanzha.errors import Refused


@pytest.fixture
def strong(make_alert: Any) -> Any:
    """Score and signals that carry any rung."""
    alert = make_alert(score=95.0, band="stop")
    alert.body["rules"].append({**alert.body["rules"][0], "id": "device.many", "family": "device"})
    alert.measure = "stop"
    alert.save()
    return alert


def test_suspension_needs_two_people_and_tells_ahead(people: Any, strong: Any) -> None:
    """Domain 2.3: protective suspension, two persons, notice 24 h before, 30 days."""
    measure = propose(people["analyst"], Wish("suspend", note="群拨冒充客服"), alert=strong)
    assert (measure.state, Change.objects.count(), Notice.objects.count()) == ("proposed", 0, 0)
    with pytest.raises(PermissionDenied):
        approve(people["analyst"], measure.pk)
    measure = approve(people["leader"], measure.pk)
    assert measure.in_force_at == measure.moved_at + timedelta(hours=24)
    assert measure.expires == measure.in_force_at + timedelta(days=30)
    assert (measure.rule, measure.basis[:8]) == ("mass.hour@3", "反电信网络诈骗法")
    change, notice = Change.objects.get(), Notice.objects.get()
    assert change.body["starts"] == int(measure.in_force_at.timestamp() * 1e6)
    assert notice.reason
    assert notice.remedy
    assert notice.documents
    assert "13907110002" not in notice.text
    assert verify().whole


def test_the_proposer_is_not_the_second_pair_of_eyes(people: Any, strong: Any) -> None:
    measure = propose(people["leader"], Wish("suspend", note="群拨"), alert=strong)
    with pytest.raises(Refused, match="双人"):
        approve(people["leader"], measure.pk)
    assert approve(people["leader2"], measure.pk).state == "active"


def test_immediate_harm_acts_at_once_and_tells_within_the_hour(people: Any, strong: Any) -> None:
    measure = propose(people["analyst"], Wish("suspend", note="正在行骗", immediate=True), alert=strong)
    measure = approve(people["leader"], measure.pk)
    assert measure.in_force_at == measure.moved_at
    assert Notice.objects.get().due_at == measure.moved_at + timedelta(hours=1)


def test_what_the_ladder_leaves_to_one_takes_effect_at_once(people: Any, make_alert: Any) -> None:
    measure = propose(people["analyst"], Wish("verify"), alert=make_alert(score=75.0))
    assert measure.state == "active"
    assert measure.due_at == measure.moved_at + timedelta(hours=24)  # the subscriber's time to verify
    assert Change.objects.count() == 0  # verification comes before restriction (law art. 11): calls go on
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish("outgoing_stop"), "独立信号 1 个"),
        (Wish("suspend", note="怀疑"), "分值"),
        (Wish("shutdown"), "文书"),
        (Wish("verify", days=31), "30"),
        (Wish("verify", plain="nonsense"), "原因"),
        (Wish("torture"), "没有这种处置"),
    ],
)
def test_too_little_evidence_is_refused(people: Any, make_alert: Any, wish: Wish, why: str) -> None:
    with pytest.raises(Refused, match=why):
        propose(people["leader"], wish, alert=make_alert(score=85.0))
    assert not Measure.objects.exists()


def test_no_rule_alone_stops_anyone(make_alert: Any) -> None:
    """Design section 4: a rule may label, tell or ask to verify; everything harder wants people."""
    alert = make_alert(score=99.0)
    for name in ("rate", "outgoing_stop", "suspend", "shutdown"):
        with pytest.raises(Refused, match="人决定"):
            propose_by_rule(alert, Wish(name, note="规则", document="某公〔2026〕1号"))
    assert propose_by_rule(alert, Wish("verify")).proposed_by is None


@pytest.mark.parametrize(("band", "score"), [("verify", 70.0), ("verify", 84.9), ("limit", 85.0), ("stop", 99.0)])
def test_one_family_of_signs_is_asked_to_verify_at_most(people: Any, make_alert: Any, band: str, score: float) -> None:
    """A13 of the acceptance list: rider, clinic, estate agent stay at 待核验 whatever one rule says."""
    alert = make_alert(score=score, band=band)
    alert.measure = "stop"
    found = suggested(alert)
    assert found is not None
    assert found.id == "verify"


def test_unverified_after_a_day_may_be_limited(people: Any, make_alert: Any) -> None:
    alert = make_alert(score=75.0)
    asked = propose(people["analyst"], Wish("verify"), alert=alert)
    with pytest.raises(Refused):
        propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
    Measure.objects.filter(pk=asked.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    assert propose(people["analyst"], Wish("outgoing_stop"), alert=alert).state == "active"


def test_police_document_carries_a_shutdown_by_hand(people: Any, house: Any) -> None:
    about = Subject("number", "+8613907110009", "hb", "420100")
    wish = Wish("shutdown", document="武公（刑）协〔2026〕0012号", secret=True)
    measure = approve(people["leader"], propose(people["analyst"], wish, subject=about).pk)
    assert Notice.objects.get().state == "held"  # secrecy of an investigation
    assert Change.objects.get().body["reason"] == "police"
    assert measure.expires is not None


@pytest.mark.parametrize("value", ["+86110", "+86120", "+8612381", "02796110"])
def test_emergency_and_public_numbers_are_nobodys_target(people: Any, house: Any, value: str) -> None:
    """Acceptance 8, 16: what nothing may block cannot be a measure either."""
    about = Subject("number", value, "hb", "420100")
    with pytest.raises(Refused, match="紧急"):
        propose(people["analyst"], Wish("shutdown", document="文书"), subject=about)


def test_lifting_takes_the_entry_out_and_tells(people: Any, strong: Any) -> None:
    measure = approve(people["leader"], propose(people["analyst"], Wish("suspend", note="x"), alert=strong).pk)
    Notice.objects.update(state="sent")
    with pytest.raises(Refused, match="理由"):
        lift(people["leader"], measure.pk, " ")
    lifted = lift(people["leader"], measure.pk, "机主已实人认证")
    assert lifted.state == "lifted"
    assert [change.body is None for change in Change.objects.order_by("pk")] == [False, True]
    assert [each.kind for each in Notice.objects.order_by("pk")] == ["measure", "lifted"]


def test_every_measure_ends_by_itself(people: Any, strong: Any) -> None:
    measure = propose(people["analyst"], Wish("outgoing_stop", days=1), alert=strong)
    assert expire(timezone.now()) == 0
    assert expire(timezone.now() + timedelta(days=1, minutes=1)) == 1
    measure.refresh_from_db()
    assert (measure.state, measure.ended_at is not None) == ("expired", True)
    assert Entry.objects.filter(action="measures.expire").count() == 1


def test_the_same_rung_twice_on_one_number_is_refused(people: Any, strong: Any) -> None:
    propose(people["analyst"], Wish("outgoing_stop"), alert=strong)
    with pytest.raises(Refused, match="已有"):
        propose(people["analyst"], Wish("outgoing_stop"), alert=strong)


def test_a_rule_that_was_wrong_does_not_come_back(people: Any, strong: Any) -> None:
    """Design section 1 point 5: not even with another version."""
    measure = propose(people["analyst"], Wish("outgoing_stop", days=1), alert=strong)
    until = timezone.now() + timedelta(days=30)
    Suppression.objects.create(
        network="hb", kind="number", value=strong.value, rule="mass.hour", until=until, measure=measure
    )
    lift(people["leader"], measure.pk, "误停")
    strong.rule = "mass.hour@4"
    with pytest.raises(Refused, match="误判"):
        propose(people["analyst"], Wish("outgoing_stop"), alert=strong)


def test_rejected_and_withdrawn_stop_nobody(people: Any, strong: Any) -> None:
    one = propose(people["analyst"], Wish("suspend", note="x"), alert=strong)
    with pytest.raises(Refused, match="提出人"):
        withdraw(people["leader"], one.pk, "x")
    assert withdraw(people["analyst"], one.pk, "证据不足").state == "withdrawn"
    two = propose(people["analyst"], Wish("suspend", note="x"), alert=strong)
    assert reject(people["leader"], two.pk, "证据不足").state == "rejected"
    assert Change.objects.count() == 0


def test_out_of_region_or_without_right_nothing_is_proposed(people: Any, strong: Any) -> None:
    for name in ("station", "regulator", "bank", "clerk", "subscriber", "admin", "stranger"):
        with pytest.raises(PermissionDenied):
            propose(people[name], Wish("verify"), alert=strong)


def test_all_of_an_approval_happens_or_nothing(people: Any, strong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure leaves measure, policy, notice and audit as they were."""
    measure = propose(people["analyst"], Wish("suspend", note="x"), alert=strong)

    with monkeypatch.context() as patch:
        patch.setattr(actions, "write", lambda _notices: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(people["leader"], measure.pk)
    measure.refresh_from_db()
    assert (measure.state, Change.objects.count(), Notice.objects.count()) == ("proposed", 0, 0)
    assert not Entry.objects.filter(action="measures.approve").exists()


def test_what_an_appeal_found_wrong_is_not_approved_after_all(people: Any, strong: Any) -> None:
    """Law art. 32: a harder step by the same rule was on its way when the subscriber was found right."""
    stop = propose(people["analyst"], Wish("outgoing_stop"), alert=strong)
    harder = propose(people["analyst"], Wish("suspend", note="x"), alert=strong)
    appeals.uphold(people["leader"], appeals.file(stop, "我是快递员").pk, "已核实")
    with pytest.raises(Refused, match="曾误判"):
        approve(people["leader2"], harder.pk)
    harder.refresh_from_db()
    assert harder.state == "proposed"
