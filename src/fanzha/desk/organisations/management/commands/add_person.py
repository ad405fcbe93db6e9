"""Decides what `fanzha desk add_person` takes: login, name and seat; the password is asked for, never typed in."""

from __future__ import annotations

from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from fanzha.desk.organisations.actions import add_person, seat
from fanzha.desk.organisations.models import Organisation
from fanzha.desk.rights.roles import roles


class Command(BaseCommand):
    """Add someone who may sign in; the authenticator is set at their first sign-in."""

    help = "新增人员 add a person: add_person wang 王组长 --office 某省公司 --role leader"

    def add_arguments(self, parser: CommandParser) -> None:
        """See the help."""
        parser.add_argument("username")
        parser.add_argument("name")
        parser.add_argument("--office", required=True)
        parser.add_argument("--role", required=True, choices=[name for name, role in roles().items() if role.kinds])
        parser.add_argument("--region", default="", help="narrower than the office's own")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it."""
        office = Organisation.objects.get(name=given["office"])
        password = getpass("密码 password: ")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            made = add_person(None, given["username"], given["name"], password)
            seat(None, made, office, given["role"], given["region"])
        self.stdout.write(f"{made.username} {given['role']} {office.name}")
