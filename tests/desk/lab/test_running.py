"""Backtests beside the desk: one at a time, told when they die, cancelled, bounded; their pages for whoever may see."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.lab import running
from fanzha.desk.lab.choices import Progress
from fanzha.desk.lab.models import Trial
from fanzha.errors import Refused

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run; in its place a process that waits to be ended."""
    told: list[list[str]] = []
    popen = subprocess.Popen

    def start(command: list[str], **more: Any) -> Any:
        told.append(command)
        return popen([sys.executable, "-c", "import time; time.sleep(600)"], **more)

    monkeypatch.setattr("fanzha.desk.lab.running.subprocess.Popen", start)
    return told


def test_one_at_a_time_and_each_to_its_end(draft: Any, people: Any, started: list[list[str]]) -> None:
    found = draft()
    first, second = (running.ask(people["analyst"], found, NOW - DAY, NOW, leaf) for leaf in ("", "1"))
    try:
        assert running.turn(NOW) == 1
        assert running.turn(NOW) == 0
        assert [command[-2:] for command in started] == [["try_rule", str(first.pk)]]
        child = running._children[first.pk]
        running.cancel(people["analyst"], first.pk)
        with pytest.raises(Refused):
            running.cancel(people["analyst"], first.pk)
        running.turn(NOW)
        child.wait(60)
        running.turn(NOW)
        assert first.pk not in running._children
        assert [Trial.objects.get(pk=each.pk).state for each in (first, second)] == ["cancelled", "running"]
        running.stop()  # the jobs role goes down: it is queued again
        assert Trial.objects.get(pk=second.pk).state == Progress.QUEUED
        Trial.objects.filter(pk=second.pk).update(state=Progress.RUNNING, process=2**22 + 7)  # nobody's
        running.turn(NOW)
        lost = Trial.objects.get(pk=second.pk)
        assert (lost.state, "日志" in lost.problem) == (Progress.FAILED, True)
    finally:
        running.stop()


def test_what_cannot_be_asked(draft: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found, analyst = draft(), people["analyst"]
    for since, until, leaf, wrong in (
        (NOW, NOW - DAY, "", "不得早于"),
        (NOW - 200 * DAY, NOW, "", "最多"),
        (NOW - DAY, NOW, "2", "没有这个条件"),
        (NOW - DAY, NOW, "x", "没有这个条件"),
    ):
        with pytest.raises(Refused, match=wrong):
            running.ask(analyst, found, since, until, leaf)
    for name in ("duty", "regulator", "stranger"):
        with pytest.raises(PermissionDenied):
            running.ask(people[name], found, NOW - DAY, NOW, "")
    monkeypatch.setattr(running, "MOST_WAITING", 1)
    running.ask(analyst, found, NOW - DAY, NOW, "")
    with pytest.raises(Refused, match="太多"):
        running.ask(analyst, found, NOW - DAY, NOW, "")


def test_the_pages_of_a_backtest(draft: Any, people: Any, signed_in: Callable[[str], Client], home: Path) -> None:
    found = draft()
    analyst, regulator = signed_in("analyst"), signed_in("regulator")
    asked = {"since": "2026-03-01", "until": "2026-03-02", "leaf": "0"}
    page = analyst.post(reverse("lab:try", args=[found.pk]), asked, follow=True)
    made = Trial.objects.get()
    assert (made.until - made.since).days == 2  # both days are in
    assert "排队" in page.content.decode()
    assert analyst.get(reverse("lab:progress", args=[made.pk])).headers.get("HX-Refresh") is None
    assert regulator.get(reverse("lab:trial", args=[made.pk])).status_code == 200
    assert signed_in("stranger").get(reverse("lab:trial", args=[made.pk])).status_code == 404
    assert signed_in("clerk").get(reverse("lab:trial", args=[made.pk])).status_code == 403
    assert analyst.get(reverse("lab:paper", args=[made.pk])).status_code == 404
    assert regulator.post(reverse("lab:cancel", args=[made.pk])).status_code == 403
    assert analyst.post(reverse("lab:cancel", args=[made.pk])).status_code == 302
    assert analyst.get(reverse("lab:progress", args=[made.pk])).headers["HX-Refresh"] == "true"
    for wrong in ({"since": "yesterday"}, {"until": "9999-12-31"}, {"leaf": "²"}, {"leaf": "9" * 5000}, {"leaf": "-1"}):
        assert analyst.post(reverse("lab:try", args=[found.pk]), asked | wrong).status_code == 422
