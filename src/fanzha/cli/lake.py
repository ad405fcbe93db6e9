"""Decides what `fanzha lake` shows: which records are there, whose, from when to when, and what each import said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.moments import local, zone
from fanzha.cli.terminal import console, count, foreign, show_json, table

if TYPE_CHECKING:
    from fanzha.records.lake import Lake

_SHOWN = 20
_HELP = say(
    """数据湖：FANZHA_HOME/lake 下的全部记录。

    \b
    例
      fanzha lake status
      fanzha lake expire --days 184
    """,
    """The lake: all records under FANZHA_HOME/lake.

    \b
    Examples
      fanzha lake status
      fanzha lake expire --days 184
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


@command.command(
    "expire",
    short_help=say("删除留存期满的记录", "delete what is past its time"),
    help=say(
        """删除留存期满的话单、隔离行和裁决（按上海日整日删除）。不带 --yes 只说会删多少。参考表不删。

        \b
        例
          fanzha lake expire                       按 retention.yaml 的天数
          fanzha lake expire --days 400 --yes      适合放进每日定时任务
        """,
        """Delete calls, refused rows and verdicts past their time, whole days (Shanghai) of them. Without --yes it only
        says how many. Reference tables stay.

        \b
        Examples
          fanzha lake expire                       the days of retention.yaml
          fanzha lake expire --days 400 --yes      fit for a daily timer
        """,
    ),
)
@click.option("--days", type=click.IntRange(1, 36_500), help=say("保留今天以前的天数", "days kept before today"))
@click.option("--yes", is_flag=True, help=say("确实删除", "delete them"))
@options.as_json
def expire(days: int | None, yes: bool, as_json: bool) -> None:
    """See the help."""
    home = start.begin()
    from fanzha.records.lake import Lake
    from fanzha.records.retention import retention

    with Lake(home) as lake:
        day = lake.clock().astimezone(zone()).date() - timedelta(days=days or retention().days)
        rows = lake.drop_before(day) if yes else lake.before(day)
    if as_json:
        show_json({"before": day, "deleted": yes, **rows})
        return
    what = say(
        "{calls} 次通话、{quarantine} 行隔离、{verdicts} 条裁决",
        "{calls} calls, {quarantine} refused rows, {verdicts} verdicts",
    )
    told = what.format(**{name: count(number) for name, number in rows.items()})
    if yes:
        console().print(say(f"已删除 {day} 以前的 {told}", f"deleted, of days before {day}: {told}"))
    else:
        console().print(
            say(f"{day} 以前有 {told}；加 --yes 才删除", f"of days before {day} there are {told}; --yes deletes them")
        )


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
        made.add_row(foreign(row["network"]), count(row["calls"]), local(row["first"]), local(row["last"]))
    if found["networks"]:
        out.print(made)
    else:
        out.print(say("还没有话单。fanzha import 文件…", "No calls yet: fanzha import FILES..."))
    out.print("  ".join(f"{kind} {count(rows)}" for kind, rows in found["references"].items()))
    columns = (say("导入", "import"), say("文件", "file"), say("入库", "stored"), say("隔离", "quarantined"))
    made = table(*columns, say("重复", "duplicates"), right=(0, 2, 3, 4))
    for row in found["imports"][-_SHOWN:]:
        counts = (count(row[name]) for name in ("stored", "quarantined", "duplicates"))
        made.add_row(str(row["import_id"]), foreign(row["file"]), *counts)
    if found["imports"]:
        out.print(made)
    if len(found["imports"]) > _SHOWN:
        out.print(
            say(
                f"（最近 {_SHOWN} 次，共 {len(found['imports'])} 次）",
                f"(the last {_SHOWN} of {len(found['imports'])})",
            )
        )
