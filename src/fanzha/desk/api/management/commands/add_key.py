"""Decides what `fanzha desk add_key` takes: whose key, what for, which scopes, for how long; the secret shows once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fanzha.desk.api.actions import add_key
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.limits import limits
from fanzha.desk.organisations.models import User


class Command(BaseCommand):
    """Make a key for a machine; it may do what its owner may, within its scopes."""

    help = "签发接口密钥 make an API key: add_key wang 联通接口 --scope alerts.read --days 90"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("owner", help="login of whoever answers for it")
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", required=True, choices=Scope.values)
        parser.add_argument("--days", type=int, default=90, help=f"1 to {limits().key_days}")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        owner = User.objects.get_by_natural_key(given["owner"])
        key, secret = add_key(None, owner, given["name"], given["scope"], given["days"])
        self.stdout.write(f"{key.pk} {key.name} -> {key.expires:%Y-%m-%d}\n{secret}")
