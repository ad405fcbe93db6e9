"""Decides what `fanzha desk revoke_key` takes: the number of the key that opens nothing any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fanzha.desk.api.actions import revoke_key
from fanzha.desk.api.models import Key


class Command(BaseCommand):
    """Revoke a key at once."""

    help = "吊销接口密钥 revoke an API key: revoke_key 3"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("key", type=int)

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        key = Key.objects.filter(pk=given["key"]).first()
        if key is None:
            raise CommandError(f"没有这个密钥 no key {given['key']}")
        revoke_key(None, key)
        self.stdout.write(f"{key} revoked")
