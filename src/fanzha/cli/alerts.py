"""Decides what `fanzha alerts` shows of the alerts that a watcher has raised: as they stand now, or after a cursor."""

from __future__ import annotations

import json
from typing import Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.scan import SHOWN, alert_table
from fanzha.cli.terminal import console, nothing
from fanzha.cli.watch import state_of, watched

_HELP = say(
    """fanzha watch 已发出的预警：每条取最新状态，按分值排列。

    \b
    --after N 只给第 N 行之后的（每行带 cursor），供下游按 id 覆盖写入，可重复读取。

    \b
    例
      fanzha alerts
      fanzha alerts --json
      fanzha alerts --after 1200 --json
    """,
    """The alerts that fanzha watch has raised, each as it stands now, by falling score.

    \b
    --after N gives the rows after cursor N, for sinks that upsert by id; reading twice does no harm.

    \b
    Examples
      fanzha alerts
      fanzha alerts --json
      fanzha alerts --after 1200 --json
    """,
)


@click.command("alerts", help=_HELP)
@options.network
@click.option("--after", type=options.SERIAL, help=say("只要此游标之后的", "only rows after this cursor"))
@options.json_lines
def command(network: str | None, after: int | None, as_json: bool) -> None:
    """See the help."""
    home = start.begin()
    import msgspec

    from fanzha.detection.alert import Alert
    from fanzha.detection.pack import load_pack

    rows = _rows(state_of(home, watched(home, network)) / "outbox.sqlite", after)
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    out = console()
    if not rows:
        out.print(nothing("预警", "alerts"))
        return
    alerts = [msgspec.convert({key: value for key, value in row.items() if key != "cursor"}, Alert) for row in rows]
    out.print(alert_table(alerts[:SHOWN], load_pack(start.rule_folders(home))))
    if len(alerts) > SHOWN:
        out.print(
            say(f"… 共 {len(alerts)} 条（--json 给出全部）", f"... {len(alerts)} in all (--json gives every one)")
        )


def _rows(path: Any, after: int | None) -> list[dict[str, Any]]:
    from fanzha.detection.outbox import Outbox

    if not path.is_file():
        return []
    outbox = Outbox(path)
    try:
        if after is None:
            return outbox.newest()
        return [{**row, "cursor": cursor} for cursor, row in outbox.alerts(after)]
    finally:
        outbox.close()
