"""Decides what `fanzha desk add_organisation` takes: a name, its kind, level and region, and who stands above it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fanzha.desk.organisations.actions import add_organisation
from fanzha.desk.organisations.choices import Kind, Level
from fanzha.desk.organisations.models import Organisation


class Command(BaseCommand):
    """Add an operator, police office, regulator, bank or shop."""

    help = "新增机构 add an organisation: add_organisation 某省公司 operator province 42"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("name")
        parser.add_argument("kind", choices=Kind.values)
        parser.add_argument("level", choices=Level.values)
        parser.add_argument("region", help="GB/T 2260, 2/4/6 digits; '' is all of China")
        parser.add_argument("--parent", help="the organisation above it")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        parent = Organisation.objects.get(name=given["parent"]) if given["parent"] else None
        made = add_organisation(None, given["name"], given["kind"], given["level"], given["region"], parent)
        self.stdout.write(f"{made.pk} {made.name}")
