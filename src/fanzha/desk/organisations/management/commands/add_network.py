"""Decides what `fanzha desk add_network` takes: the code that watch writes, and the operator whose rows these are."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fanzha.desk.organisations.actions import add_network
from fanzha.desk.organisations.models import Organisation


class Command(BaseCommand):
    """Make a network known to the desk."""

    help = "登记网络 add a network: add_network default --operator 某省公司"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("code", help="as fanzha watch --network says it")
        parser.add_argument("--operator", required=True)

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        operator = Organisation.objects.get(name=given["operator"])
        made = add_network(None, given["code"], operator, operator.region)
        self.stdout.write(f"{made.code} -> {operator.name}")
