"""Decides what `fanzha quarantine` shows of refused rows: file, line, reason and the raw text."""

from __future__ import annotations

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.terminal import console, count, foreign, nothing, show_json, table

_HELP = say(
    """被隔离的行：违反约定、没有入库的行，带文件、行号、原因和原文。

    \b
    例
      fanzha quarantine list
      fanzha quarantine list --import-id 3 --limit 1000 --json
    """,
    """Rows that broke the contract and were not stored, with file, line, reason and raw text.

    \b
    Examples
      fanzha quarantine list
      fanzha quarantine list --import-id 3 --limit 1000 --json
    """,
)
_RAW = 80  # characters of a raw row on a terminal


@click.group("quarantine", help=_HELP)
def command() -> None:
    """The group."""


@command.command("list", help=say("列出被隔离的行", "list refused rows"))
@click.option("--import-id", type=options.SERIAL, help=say("只看一次导入", "of one import only"))
@click.option(
    "--limit", default=50, type=options.ROWS, show_default=True, help=say("最多多少行", "at most so many rows")
)
@options.as_json
def list_rows(import_id: int | None, limit: int, as_json: bool) -> None:
    """The rows, oldest import first."""
    home = start.begin()
    from fanzha.records.lake import Lake

    with Lake(home) as lake:
        found = lake.quarantine(import_id)
    rows = found.slice(0, limit).to_pylist()
    if as_json:
        show_json({"rows": found.num_rows, "shown": rows})
        return
    out = console()
    if not rows:
        out.print(nothing("被隔离的行", "refused rows"))
        return
    made = table(
        say("文件", "file"),
        say("行", "line"),
        say("原因", "reason"),
        say("字段", "field"),
        say("原文", "raw"),
        right=(1,),
    )
    for row in rows:
        raw = row["raw"] if len(row["raw"]) <= _RAW else row["raw"][:_RAW] + "…"
        made.add_row(
            foreign(row["file"]), count(row["line"]), say(row["zh"], row["en"]), foreign(row["detail"]), foreign(raw)
        )
    out.print(made)
    if found.num_rows > len(rows):
        out.print(say(f"共 {count(found.num_rows)} 行", f"{count(found.num_rows)} in all"))
