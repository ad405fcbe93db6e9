"""Decides what the desk does by itself: take alerts in, mark missed deadlines, close what fell silent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from fanzha.desk.alerts.actions import lapse_silent
from fanzha.desk.alerts.intake import MOST, take
from fanzha.desk.alerts.source import OutboxSource
from fanzha.desk.api.actions import forget_receipts
from fanzha.desk.callbacks.actions import escalate
from fanzha.desk.callbacks.intake import take_tickets
from fanzha.desk.complaints.weighing import weigh_again
from fanzha.desk.enforcement.harvest import count_verdicts
from fanzha.desk.enforcement.publishing import publish_pending
from fanzha.desk.entities.lake import read_ahead
from fanzha.desk.lab import files as lab_files
from fanzha.desk.lab import proposing, releasing, running, sampling, shadowing, tripping
from fanzha.desk.learning import actions as learning
from fanzha.desk.learning.work import look
from fanzha.desk.lists import actions as lists
from fanzha.desk.login.actions import forget_expired
from fanzha.desk.measures import actions as measures
from fanzha.desk.notices.actions import send
from fanzha.desk.organisations.models import Network
from fanzha.desk.pushes.actions import push_morning
from fanzha.desk.requests import actions as requests
from fanzha.desk.supervision.actions import supervise
from fanzha.desk.workflow.overdue import mark_overdue

_log = logging.getLogger(__name__)
_TICK_S = 0.5


@dataclass(frozen=True)
class Timer:
    """Something done every so often. `work` gets the time, may be run again after a failure, and never blocks long."""

    name: str
    every_s: float
    work: Callable[[datetime], object]


def take_alerts(now: datetime) -> int:
    """From every network's watcher, until nothing is left; how many rows."""
    total = 0
    for network in Network.objects.order_by("code").values_list("code", flat=True):
        source = OutboxSource(settings.HOME / "watch" / network / "outbox.sqlite")
        while True:
            taken = take(source, network, now)
            total += taken
            if taken < MOST:
                break
    return total


# The next rooms of the desk add their line here.
TIMERS = (
    Timer("alerts", 1.0, take_alerts),
    Timer("callbacks", 1.0, take_tickets),
    Timer("escalations", 5.0, escalate),
    Timer("rules", 60.0, lab_files.take_files),
    Timer("by rule", 1.0, proposing.turn),
    Timer("shadows", 2.0, shadowing.turn),
    Timer("trips", 30.0, tripping.turn),
    Timer("releases", 5.0, releasing.repair),
    Timer("backtests", 1.0, running.turn),
    Timer("samples", 60.0, sampling.turn),
    Timer("budgets", 3600.0, proposing.forget),
    Timer("overdue", 15.0, mark_overdue),
    Timer("supervision", 15.0, supervise),
    Timer("silent", 600.0, lapse_silent),
    Timer("sessions", 600.0, forget_expired),
    Timer("policy", 0.5, publish_pending),
    Timer("notices", 2.0, send),
    Timer("measures", 15.0, measures.expire),
    Timer("requests", 1.0, requests.turn),
    Timer("complaints", 30.0, weigh_again),
    Timer("outcomes", 600.0, learning.write_outcomes),
    Timer("models", 10.0, learning.take_versions),
    Timer("learning", 300.0, look),
    Timer("morning", 60.0, push_morning),
    Timer("lists", 60.0, lists.expire),
    Timer("reminders", 3600.0, lists.remind),
    Timer("verdicts", 10.0, count_verdicts),
    Timer("peers", 60.0, read_ahead),
    Timer("receipts", 3600.0, forget_receipts),
)


def run(stopped: Callable[[], bool], timers: tuple[Timer, ...] = TIMERS) -> None:
    """Until `stopped`; a timer that fails is logged and tried again at its next turn."""
    due = dict.fromkeys(timers, 0.0)
    while not stopped():
        for timer, at in due.items():
            if time.monotonic() >= at and not stopped():
                _once(timer)
                due[timer] = time.monotonic() + timer.every_s
        time.sleep(_TICK_S)
    running.stop()
    sampling.stop()


def _once(timer: Timer) -> None:
    try:
        timer.work(timezone.now())
    except Exception:
        _log.exception("timer %s failed and will be tried again", timer.name)
    finally:
        close_old_connections()
