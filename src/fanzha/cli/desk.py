"""Decides what `fanzha desk` does: the upkeep of the desk's tables and people, from the machine it runs on."""

from __future__ import annotations

import click

from fanzha.cli.language import say
from fanzha.errors import UsageError

_HELP = say(
    """工作台的维护：迁移数据表、建机构和人员等（Django 管理命令原样转交）。

    \b
    例
      fanzha desk migrate
      fanzha desk add_person wang 王组长 --office 某省公司 --role leader
      fanzha desk check --deploy
    """,
    """Upkeep of the desk: its tables, organisations and people (Django's management commands, passed on as they are).

    \b
    Examples
      fanzha desk migrate
      fanzha desk add_person wang "Wang" --office "Some operator" --role leader
      fanzha desk check --deploy
    """,
)


@click.command("desk", help=_HELP, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """See the help."""
    from fanzha.cli.django import database, ready

    home = ready()
    from django.core.exceptions import ObjectDoesNotExist, ValidationError
    from django.core.management import execute_from_command_line
    from django.db import IntegrityError

    try:
        with database(home):
            execute_from_command_line(["fanzha desk", *(arguments or ("help",))])
    except ValidationError as error:
        raise UsageError(" ".join(error.messages), where=" ".join(arguments)) from error
    except (ObjectDoesNotExist, IntegrityError) as error:
        hint = say("核对名称：可能尚未建立，或已经有了", "check the names: not there yet, or there already")
        raise UsageError(str(error), where=" ".join(arguments), hint=hint) from error
