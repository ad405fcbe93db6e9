"""Decides what `fanzha desk export_outcomes` does: lays outcomes where `fanzha learn` looks for them, now."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from fanzha.desk.learning.actions import write_network
from fanzha.desk.organisations.models import Network
from fanzha.detection.outcomes import path_of


class Command(BaseCommand):
    """Write FANZHA_HOME/outcomes/NETWORK.jsonl."""

    help = "导出结论供学习 write the outcomes for fanzha learn: export_outcomes default"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("network")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        home = Network.objects.get(code=given["network"])
        changed = write_network(home)
        path = path_of(settings.HOME, home.code)
        self.stdout.write(
            f"{path}{'' if changed else '（无变化 unchanged）'}" if path.is_file() else "没有结论 none yet"
        )
