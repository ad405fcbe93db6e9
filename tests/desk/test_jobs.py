from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from fanzha.desk import jobs
from fanzha.desk.jobs import Timer, run


def test_a_timer_that_fails_is_tried_again_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_TICK_S", 0)
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    ran: list[str] = []

    def fail(_now: datetime) -> None:
        ran.append("fails")
        raise ZeroDivisionError

    def work(_now: datetime) -> None:
        ran.append("works")

    timers = (Timer("fails", 0, fail), Timer("works", 0, work))
    run(lambda: len(ran) >= 4, timers)
    assert ran == ["fails", "works"] * 2


def test_every_timer_runs_on_an_empty_desk(db: Any, settings: Any, tmp_path: Any) -> None:
    from django.utils import timezone

    settings.HOME = tmp_path
    for timer in jobs.TIMERS:
        timer.work(timezone.now())
