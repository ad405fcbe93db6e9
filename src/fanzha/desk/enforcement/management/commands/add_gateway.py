"""Decides what `fanzha desk add_gateway` takes: a name, a network, an end; the token is printed this once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from fanzha.desk.enforcement.actions import add_gateway


class Command(BaseCommand):
    """Let a gateway fetch policy and report counts."""

    help = "登记网关并给出令牌 let a gateway follow this desk: add_gateway gw1 --network default > token"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("name")
        parser.add_argument("--network", default="default")
        parser.add_argument("--days", type=int, default=365, help="until the token ends")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it; only the token goes to standard output."""
        expires = timezone.now() + timedelta(days=given["days"])
        made, token = add_gateway(None, given["name"], given["network"], expires)
        self.stdout.write(token)
        self.stderr.write(f"{made.name}: /v1/policy, {made.expires:%Y-%m-%d}")
