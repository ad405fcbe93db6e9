"""Decides how backtests run beside the desk: one at a time, each a process of its own, watched by the jobs role."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.lab.actions import may
from fanzha.desk.lab.choices import Progress
from fanzha.desk.lab.drafting import checked
from fanzha.desk.lab.models import Trial, Version
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.actions import act_of
from fanzha.errors import Refused

MOST_DAYS = 92
MOST_WAITING = 20
_children: dict[int, subprocess.Popen[bytes]] = {}  # of this process, so that none is left a zombie


def path_of(trial: Trial) -> Path:
    """Where its report lies."""
    return Path(settings.HOME) / "lab" / "reports" / f"{trial.pk}.json"


def ask(by: User, version: Version, since: datetime, until: datetime, leaf: str) -> Trial:
    """Queue a backtest. `leaf`: the place of the condition whose threshold is swept, "" for none.

    Raises PermissionDenied, Refused.
    """
    if not may(by, "rules.draft", version.network):
        raise PermissionDenied("rules.draft")
    if not since < until:
        raise Refused(_("结束日期不得早于开始日期"))
    if until - since > timedelta(days=MOST_DAYS):
        raise Refused(_("一次最多回测 %(days)s 天") % {"days": MOST_DAYS})
    known = checked(version.text)
    if known.rule is None or known.rule.cli:
        raise Refused(_("这条规则不能单独回测"))
    if leaf and leaf not in map(str, range(len(known.leaves))):
        raise Refused(_("没有这个条件"))
    now = timezone.now()
    with transaction.atomic():
        waiting = Trial.objects.filter(state__in=(Progress.QUEUED, Progress.RUNNING), network=version.network)
        if waiting.count() >= MOST_WAITING:
            raise Refused(_("排队的回测太多，请稍后再试"))
        made = Trial.objects.create(
            network=version.network, region=version.region, version=version, since=since, until=until, leaf=leaf,
            text=version.text, asked_by=by, asked_at=now,
        )  # fmt: skip
        record(by, [act_of(made, "trials.ask", "", made.told())], at=now)
    return made


def cancel(by: User, pk: int) -> Trial:
    """Stop a backtest that waits or runs. Raises PermissionDenied, Refused."""
    with transaction.atomic():
        found: Trial = Trial.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if not may(by, "rules.draft", found.network):
            raise PermissionDenied("rules.draft")
        if not found.going:
            raise Refused(_("这次回测已经结束"))
        found.state, found.ended_at = Progress.CANCELLED, timezone.now()
        found.save(update_fields=["state", "ended_at"])
        record(by, [act_of(found, "trials.cancel", "", found.told())])
    return found


def turn(now: datetime) -> int:
    """For a timer: end what was cancelled, note what died, and start the next; how many were started."""
    _reap(now)
    if Trial.objects.filter(state=Progress.RUNNING).exists():
        return 0
    following = Trial.objects.filter(state=Progress.QUEUED).order_by("asked_at", "pk").first()
    if following is None:
        return 0
    Trial.objects.filter(pk=following.pk).update(state=Progress.RUNNING, begun_at=now)
    command = [sys.executable, "-m", "fanzha.cli.main", "desk", "try_rule", str(following.pk)]
    path_of(following).parent.mkdir(parents=True, exist_ok=True)
    with path_of(following).with_suffix(".log").open("wb") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    _children[following.pk] = child
    Trial.objects.filter(pk=following.pk).update(process=child.pid)
    return 1


def _reap(now: datetime) -> None:
    for pk, child in list(_children.items()):
        state = Trial.objects.filter(pk=pk).values_list("state", flat=True).first()
        if state == Progress.CANCELLED and child.poll() is None:
            child.terminate()
        if child.poll() is not None:
            del _children[pk]
    for trial in Trial.objects.filter(state=Progress.RUNNING).exclude(process=0):
        if trial.pk not in _children and not _alive(trial.process):
            why = _("回测进程意外结束，请查看日志 %(log)s") % {"log": path_of(trial).with_suffix(".log").name}
            Trial.objects.filter(pk=trial.pk, state=Progress.RUNNING).update(
                state=Progress.FAILED, ended_at=now, problem=why[:500]
            )


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def stop() -> None:
    """End what this process started: the jobs role is going down; the backtests are queued again."""
    for pk, child in list(_children.items()):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=10)
        Trial.objects.filter(pk=pk, state=Progress.RUNNING).update(state=Progress.QUEUED, process=0, done=0, step="")
        del _children[pk]
