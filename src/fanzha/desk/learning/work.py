"""Decides when a challenger is trained and drift is measured: in processes of their own, at low priority, once a day.

Training takes minutes; the timers go on meanwhile. What a process made is taken in by `actions.take_versions`.
"""

from __future__ import annotations

import atexit
import logging
import os
import subprocess
import sys
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from fanzha.desk.learning.models import ModelVersion
from fanzha.desk.learning.outcomes import outcomes_of
from fanzha.desk.learning.terms import terms
from fanzha.desk.organisations.models import Network
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.learning.terms import terms as learning
from fanzha.detection.models import available

_log = logging.getLogger(__name__)
_running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
_began: dict[tuple[str, str], datetime] = {}  # a look that failed is not taken again before the next day


def look(now: datetime) -> int:
    """For a timer: start what is due in each network; how many processes were started."""
    _reap()
    if timezone.localtime(now).time() < time.fromisoformat(terms().retrain_at) or available() is not None:
        return 0
    started = 0
    for code in Network.objects.order_by("code").values_list("code", flat=True):
        if due(code, now):
            started += _start("propose", code, now, "--by", "定时 timer")
        if Shelf(settings.HOME, code).current():
            started += _start("drift", code, now)
    return started


def due(network: str, now: datetime) -> bool:
    """Whether enough is new: outcomes that became known after the last version was made, and days since."""
    bounds, last = learning(), ModelVersion.objects.filter(network=network).order_by("-number").first()
    if last is not None and now - last.made_at < timedelta(days=bounds.every_days):
        return False
    rows = outcomes_of(network)
    if last is None:
        fraud = sum(row.fraud for row in rows)
        return fraud >= bounds.least_fraud and len(rows) - fraud >= bounds.least_honest
    made = float(last.made_at.timestamp())
    return sum(row.at > made for row in rows) >= bounds.new_outcomes


def _start(what: str, network: str, now: datetime, *more: str) -> int:
    began = _began.get((what, network))
    if (what, network) in _running or (began is not None and timezone.localdate(began) == timezone.localdate(now)):
        return 0
    folder = settings.HOME / "models" / network
    folder.mkdir(parents=True, exist_ok=True)
    command = ["nice", "-n", "15", sys.executable, "-m", "fanzha.cli.main", "learn", what, "--network", network, *more]
    with (folder / f"{what}.log").open("wb") as log:
        _running[what, network] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "FANZHA_HOME": str(settings.HOME)},
        )  # fmt: skip
    _began[what, network] = now
    return 1


@atexit.register
def _stop() -> None:
    """Who stops the desk stops what it started; nothing half-made is ever on the shelf."""
    for child in _running.values():
        child.terminate()


def _reap() -> None:
    for key, child in list(_running.items()):
        if child.poll() is not None:
            del _running[key]
            if child.returncode:
                _log.warning("fanzha learn %s of %s ended with %s: see its log", *key, child.returncode)
