"""Decides what `fanzha desk draw_sample` does: draw the sample that the editor's estimates are read from."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from fanzha.desk.lab.releasing import files


class Command(BaseCommand):
    """One network's sample; the jobs role starts it each night."""

    help = "draw the sample of last week's calls (jobs starts it)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The network."""
        parser.add_argument("network")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Behind everybody else: nobody waits for it."""
        from fanzha.detection.backtest.drawing import ready
        from fanzha.records.lake import Lake

        os.nice(10)
        with Lake(Path(settings.HOME)) as lake:
            if options["network"] in lake.networks():
                ready(lake, Path(settings.HOME), pack=files(), network=options["network"])
