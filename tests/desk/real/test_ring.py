"""From approval to the verdict on a call and back, across the death of the process that publishes."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from fanzha.desk.appeals import actions as appeals
from fanzha.desk.appeals.rates import rates
from fanzha.desk.enforcement import publishing
from fanzha.desk.enforcement.models import Change, Publication
from fanzha.desk.measures.actions import Wish, approve, lift, propose
from fanzha.errors import PolicyError, Refused
from fanzha.gateway.call import Call
from fanzha.gateway.decide import Live, decide
from fanzha.policy import Action, FolderSource, PolicyStore
from fanzha.signing import public_key
from fanzha.signing.keys import Keys


class Gateway:
    """A gateway's store beside the decision, following the desk's folder."""

    def __init__(self, home: Path) -> None:
        self._source = FolderSource(home / "policy")
        trusted = {public_key(Keys(home, "policy", PolicyError).secret())}
        self.store = PolicyStore(home / "gateway", trusted)
        self._live = Live(clock=lambda: 0)

    def answer(self, caller: str, callee: str) -> Action:
        for message in self._source.after(self.store.version, 0):
            assert not self.store.take(message).refusal
        at = time.time_ns() // 1000 + 1_000_000
        call = Call(key="c", caller=caller, callee=callee, at=at, ingress="internetwork", clir=False)
        return decide(call, self.store.current, self._live).action


@pytest.fixture
def home(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


@pytest.fixture
def gang(make_alert: Any, home: Path) -> Any:
    """Score and signals that carry any rung."""
    alert = make_alert(score=95.0, band="stop")
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    return alert


def test_approved_refused_appealed_restored(people: Any, gang: Any, home: Path) -> None:
    """Scenarios 13, 16 of domain 3.12: what two people approved is enforced, 110 passes, an upheld appeal restores."""
    measure = propose(people["analyst"], Wish("suspend", note="正在行骗", immediate=True), alert=gang)
    publishing.publish_pending(timezone.now())
    gateway = Gateway(home)
    assert gateway.answer(gang.value, "13800138000") is Action.ALLOW  # proposed is not approved
    approve(people["leader"], measure.pk)
    publishing.publish_pending(timezone.now())
    assert gateway.answer(gang.value, "13800138000") is Action.BLOCK
    for emergency in ("110", "119", "120", "122"):
        assert gateway.answer(gang.value, emergency) is Action.ALLOW
    appeal = appeals.file(measure.__class__.objects.get(pk=measure.pk), "身份被冒用")
    appeals.uphold(people["leader2"], appeal.pk, "核实无误")
    publishing.publish_pending(timezone.now())
    assert gateway.answer(gang.value, "13800138000") is Action.ALLOW


def test_a_sold_card_is_frozen_and_its_student_cleared(people: Any, make_alert: Any, home: Path) -> None:
    """Scenario 2 of domain 3.12 (D6): what the default rules say of the sold card, and a police document, freeze it at
    once; 110 passes; the student proves the sale, is served again and no wrong stop is counted.
    """
    tests = Path(__file__).parents[2] / "people" / "test_people.py"
    spec = importlib.util.spec_from_file_location("design_people", tests)
    assert spec is not None
    assert spec.loader is not None
    design = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(design)
    student = next(each for each in design.ALL["culprits"] if "student" in each["who"])
    score, fired = design.score(design.profile(student, 1.0))
    assert any(name.startswith("resold_card.") for name in fired)
    alert = make_alert(value="+8613907110077", score=score, band="verify", scheme="resold_card")
    families = {rule.id: str(rule.family) for rule in design.PACK.rules}
    alert.body["rules"] = [{**alert.body["rules"][0], "id": each, "family": families[each]} for each in fired]
    alert.save()
    with pytest.raises(Refused):  # the trace alone freezes nobody
        propose(people["analyst"], Wish("suspend", note="轨迹异常", immediate=True), alert=alert)
    paper = Wish("shutdown", document="武公协〔2026〕12号", note="学生卖卡，卡在境外使用")
    measure = propose(people["analyst"], paper, alert=alert)
    approve(people["leader"], measure.pk)
    publishing.publish_pending(timezone.now())
    gateway = Gateway(home)
    assert gateway.answer(alert.value, "13800138000") is Action.BLOCK
    assert gateway.answer(alert.value, "110") is Action.ALLOW
    appeal = appeals.file(type(measure).objects.get(pk=measure.pk), "卡已卖给他人，已向学校说明")
    appeals.restore(people["leader2"], appeal.pk, "已收回卡片并重新实名")
    publishing.publish_pending(timezone.now())
    assert gateway.answer(alert.value, "13800138000") is Action.ALLOW
    day = timedelta(days=1)
    found = rates(people["leader"], timezone.now() - day, timezone.now() + day)
    assert (found.stops, found.wrong) == (1, 0)


_JOB = """
import os, signal, sys
from pathlib import Path
import django
from django.conf import settings
django.setup()
from django.utils import timezone
from fanzha.desk.enforcement import publishing
from fanzha.policy import Publisher
when, true = sys.argv[1], Publisher.delta
def dying(self, *given, **named):
    if when == "after":
        true(self, *given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
if when != "never":
    Publisher.delta = dying
publishing.publish_pending(timezone.now())
"""


def job(home: Path, when: str) -> int:
    """The publisher as a process of its own, killed with -9 just before or just after it publishes."""
    parts = connections.settings["default"]
    server = f"{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}"
    on_file = "sqlite" in parts["ENGINE"]
    database = f"sqlite://{parts['NAME']}" if on_file else f"postgres://{server}/{parts['NAME']}"
    env = {
        **os.environ,
        "FANZHA_HOME": str(home),
        "DATABASE_URL": database,
        "FANZHA_SECRET_KEY": settings.SECRET_KEY,
    }
    return subprocess.run([sys.executable, "-c", _JOB, when], env=env, check=False, timeout=60).returncode


@pytest.mark.parametrize("when", ["before", "after"])
def test_kill_9_between_approval_and_enforcement(people: Any, gang: Any, home: Path, when: str) -> None:
    """Nothing approved is lost, nothing applied twice, order is kept."""
    measure = propose(people["analyst"], Wish("suspend", note="正在行骗", immediate=True), alert=gang)
    approve(people["leader"], measure.pk)
    assert job(home, when) == -signal.SIGKILL
    assert Publication.objects.get().state == "open"
    lift(people["leader"], measure.pk, "核验通过")
    propose(people["analyst"], Wish("rate"), alert=gang)
    assert job(home, "never") == 0
    assert {each.state for each in Publication.objects.all()} == {"done"}
    assert [each.number for each in Publication.objects.order_by("pk")] == [2, 3]
    assert Change.objects.filter(publication=None).count() == 0
    gateway = Gateway(home)
    gateway.answer(gang.value, "13800138000")
    assert gateway.store.current is not None
    assert [entry.action for entry in gateway.store.current] == [Action.LIMIT]


def test_the_desk_dies_and_gateways_enforce_on(people: Any, gang: Any, home: Path) -> None:
    measure = propose(people["analyst"], Wish("suspend", note="正在行骗", immediate=True), alert=gang)
    approve(people["leader"], measure.pk)
    job(home, "never")
    gateway = Gateway(home)
    assert gateway.answer(gang.value, "13800138000") is Action.BLOCK
    for path in (home / "policy").iterdir():
        path.unlink()
    again = Gateway(home)
    again.store.load()
    assert again.answer(gang.value, "13800138000") is Action.BLOCK
