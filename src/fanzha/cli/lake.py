"""Decides what `fanzha lake` shows: which records are there, whose, from when to when, and what each import said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, count, show_json, table

if TYPE_CHECKING:
    from fanzha.records.lake import Lake

_SHOWN = 20
_HELP = say(
    """数据湖：FANZHA_HOME/lake 下的全部记录。

    \b
    例
      fanzha lake status
      fanzha lake status --json
    """,
    """The lake: all records under FANZHA_HOME/lake.

    \b
    Examples
      fanzha lake status
      fanzha lake status --json
    """,
)


@click.group("lake", help=_HELP)
def command() -> None:
    """The group."""


@command.command("status", help=say("有哪些记录，各次导入如何", "what is there, and what the imports said"))
@options.as_json
def status(as_json: bool) -> None:
    """Calls by network, reference rows, imports."""
    home = start.begin()
    from fanzha.records.lake import Lake

    with Lake(home) as lake:
        found = _status(lake)
    if as_json:
        show_json(found)
    else:
        _show(found)


def _status(lake: Lake) -> dict[str, Any]:
    from fanzha.records.contract import REFERENCES

    networks = []
    for name in lake.networks():
        first, last, rows = lake.span(name)
        networks.append({"network": name, "calls": rows, "first": first, "last": last})
    return {
        "home": str(lake.root.parent),
        "networks": networks,
        "references": {kind: lake.reference(kind).num_rows for kind in REFERENCES},
        "imports": [receipt._asdict() for receipt in lake.imports()],
    }


def _show(found: dict[str, Any]) -> None:
    out = console()
    out.print(f"FANZHA_HOME {found['home']}")
    made = table(say("网络", "network"), say("通话", "calls"), say("最早", "first"), say("最晚", "last"), right=(1,))
    for row in found["networks"]:
        made.add_row(row["network"], count(row["calls"]), local(row["first"]), local(row["last"]))
    if found["networks"]:
        out.print(made)
    else:
        out.print(say("还没有话单。fanzha import 文件…", "No calls yet: fanzha import FILES..."))
    out.print("  ".join(f"{kind} {count(rows)}" for kind, rows in found["references"].items()))
    columns = (say("导入", "import"), say("文件", "file"), say("入库", "stored"), say("隔离", "quarantined"))
    made = table(*columns, say("重复", "duplicates"), right=(0, 2, 3, 4))
    for row in found["imports"][-_SHOWN:]:
        counts = (count(row[name]) for name in ("stored", "quarantined", "duplicates"))
        made.add_row(str(row["import_id"]), row["file"], *counts)
    if found["imports"]:
        out.print(made)
    if len(found["imports"]) > _SHOWN:
        out.print(
            say(
                f"（最近 {_SHOWN} 次，共 {len(found['imports'])} 次）",
                f"(the last {_SHOWN} of {len(found['imports'])})",
            )
        )
