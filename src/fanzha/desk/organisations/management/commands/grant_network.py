"""Decides what `fanzha desk grant_network` takes: whose rows are opened to whom, on what basis, for how many days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from fanzha.desk.organisations.actions import grant
from fanzha.desk.organisations.models import Network, Organisation


class Command(BaseCommand):
    """Open a network's rows to another organisation."""

    help = "共享授权 grant: grant_network default --to 省反诈中心 --basis 协议编号 --days 365"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("network")
        parser.add_argument("--to", required=True)
        parser.add_argument("--basis", required=True)
        parser.add_argument("--days", type=int, required=True)

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        network, to = Network.objects.get(code=given["network"]), Organisation.objects.get(name=given["to"])
        now = timezone.now()
        made = grant(None, network, to, given["basis"], now, now + timedelta(days=given["days"]))
        self.stdout.write(f"{network.code} -> {to.name} {made.expires:%Y-%m-%d}")
