"""Decides what `fanzha audit` says: whether the audit trail is whole, and where it ends."""

from __future__ import annotations

import click

from fanzha.cli.language import say
from fanzha.cli.terminal import console, count, show_json
from fanzha.errors import StorageError

_HELP = say(
    """校验审计记录：任何一条被改、被删、被插入或末尾被截断都会报出（退出码 5）。

    \b
    输出的链尾（序号:签章）可另处抄存；--noted 用它证明此前的记录未被重写。

    \b
    例
      fanzha audit verify
      fanzha audit verify --noted 1200:9f3c...
    """,
    """Verify the audit trail: any entry changed, taken out, slipped in or cut off is told (exit code 5).

    \b
    The head it prints (number:seal) may be noted elsewhere; --noted proves later that nothing before was rewritten.

    \b
    Examples
      fanzha audit verify
      fanzha audit verify --noted 1200:9f3c...
    """,
)


@click.command("audit", help=_HELP)
@click.argument("act", type=click.Choice(["verify"]))
@click.option("--noted", default="", help=say("此前抄存的链尾", "a head noted earlier"))
@click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))
def command(act: str, noted: str, as_json: bool) -> None:  # noqa: ARG001 - one act so far
    """See the help."""
    from fanzha.cli.django import database, ready

    home = ready()
    from fanzha.desk.audit.verify import verify

    with database(home):
        found = verify(noted)
    if as_json:
        show_json({"whole": found.whole, "entries": found.entries, "head": found.head, "faults": found.faults})
    elif found.whole:
        console().print(say(f"完整：{count(found.entries)} 条", f"whole: {count(found.entries)} entries"))
        console().print(say(f"链尾 {found.head}", f"head {found.head}"), soft_wrap=True)
    if not found.whole:
        hint = say(
            "保全数据库并报告；先查谁能直接访问数据库", "keep the database as it is; find out who had access to it"
        )
        raise StorageError("; ".join(found.faults), where=str(home), hint=hint)
