"""Decides what `fanzha desk try_rule` does: carry out one backtest that the desk asked for, telling how far it is."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from fanzha.desk.lab.choices import Progress
from fanzha.desk.lab.known import outcomes_of
from fanzha.desk.lab.models import Trial
from fanzha.desk.lab.releasing import folder
from fanzha.desk.lab.running import path_of
from fanzha.desk.lab.sayings import lines_of
from fanzha.errors import FanzhaError

_EVERY_S = 1.0  # between two words about how far it is


class Command(BaseCommand):
    """One backtest; the jobs role starts it."""

    help = "carry out one backtest (jobs starts it)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The trial's number."""
        parser.add_argument("trial", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it and keep what came of it; a fault is kept as its problem."""
        trial = Trial.objects.select_related("version").get(pk=options["trial"])
        told: dict[str, Any] = {"ended_at": timezone.now()}
        try:
            summary = tried(trial)
            told |= {"state": Progress.DONE, "summary": summary, "done": 1.0}
        except FanzhaError as error:
            told |= {"state": Progress.FAILED, "problem": lines_of(error)[:500]}
        told["ended_at"] = timezone.now()
        Trial.objects.filter(pk=trial.pk, state=Progress.RUNNING).update(**told)


def tried(trial: Trial) -> dict[str, Any]:
    """Run the backtest and write its report; what lists say of it."""
    from fanzha.detection.backtest.report import to_bytes
    from fanzha.detection.backtest.run import run
    from fanzha.detection.pack import load_pack
    from fanzha.detection.release import rule_of
    from fanzha.records.lake import Lake

    said = [0.0]

    def progress(step: str, share: float) -> None:
        if time.monotonic() - said[0] >= _EVERY_S:
            said[0] = time.monotonic()
            Trial.objects.filter(pk=trial.pk).update(step=step, done=min(max(share, 0.0), 1.0))

    home = Path(settings.HOME)
    pack = load_pack([folder()], trial.network)
    with Lake(home) as lake:
        report = run(
            lake,
            pack,
            rule_of(trial.text, pack.words, trial.version.name),
            network=trial.network,
            start=trial.since,
            end=trial.until,
            outcomes=outcomes_of(home, trial.network),
            temporary=home / "tmp",
            progress=progress,
            leaf=int(trial.leaf) if trial.leaf else None,
        )
    path = path_of(trial)
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(to_bytes(report))
    part.replace(path)
    side = report.tried
    return {"hit": side.hit, "fraud": side.fraud, "honest": side.honest, "unknown": side.unknown}
