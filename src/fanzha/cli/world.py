"""Decides what `fanzha world` asks for and tells of the province it made."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.terminal import console, count, progress, show_json, table

_HELP = say(
    """在目录 OUT 生成一个合成省份：calls/ 话单、subscribers/cells/trunks 资料、truth/ 真相。

    同样的参数得到同样的字节。它不与检测规则共用任何常数。

    \b
    例
      fanzha world ./省
      fanzha world ./大省 --subscribers 1000000 --days 3 --gangs 60
      fanzha world ./难 --evasion 2 --seed 7 --format csv
      fanzha world ./月 --drift          # 三十天：第三周出现新手法和新行业，其后是长假
    """,
    """Make a synthetic province in OUT: calls/, subscribers, cells, trunks, and truth/, who was planted.

    The same arguments give the same bytes. It shares no constant with the detectors.

    \b
    Examples
      fanzha world ./province
      fanzha world ./large --subscribers 1000000 --days 3 --gangs 60
      fanzha world ./hard --evasion 2 --seed 7 --format csv
      fanzha world ./month --drift       # 30 days: a new scheme and a new trade in week three, then a long holiday
    """,
)


@click.command("world", help=_HELP)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@options.subscribers
@click.option("--days", type=int, help=say("天数，默认 7，有 --drift 时 30", "days; 7 by default, 30 with --drift"))
@options.seed
@click.option("--gangs", default=20, show_default=True, help=say("团伙数", "gangs"))
@options.evasion
@click.option(
    "--start",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar=say("日期", "DATE"),
    help=say("第一天，默认 2026-03-02，有 --drift 时 2025-09-10", "first day; 2026-03-02, 2025-09-10 with --drift"),
)
@click.option(
    "--drift",
    is_flag=True,
    help=say("会变的世界：新手法、新行业、法定长假", "a world that changes: new scheme, new trade, public holidays"),
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help=say("写成哪种文件", "which kind of files to write"),
)
@options.as_json
def command(
    out: Path,
    subscribers: int,
    days: int | None,
    seed: int,
    gangs: int,
    evasion: str,
    first: datetime | None,
    shape: str,
    drift: bool,
    as_json: bool,
) -> None:
    """See the help."""
    start.begin()
    from fanzha.world.drift import load_drift
    from fanzha.world.make import make_world

    usual = (load_drift().first, load_drift().days) if drift else (_FIRST, _DAYS)
    with progress(say("造省", "world")) as step:
        made = make_world(
            out,
            subscribers=subscribers,
            days=usual[1] if days is None else days,
            seed=seed,
            gangs=gangs,
            evasion=evasion,
            start=first.date() if first else usual[0],
            format=shape,
            drift=drift,
            progress=lambda done, total, what: step(what, done / total),
        )
    if as_json:
        show_json(made.as_dict())
    else:
        show_world(made.as_dict())


_FIRST, _DAYS = date(2026, 3, 2), 7
_LABELS = {
    "out": ("目录", "folder"),
    "seed": ("种子", "seed"),
    "days": ("天数", "days"),
    "subscribers": ("用户", "subscribers"),
    "numbers": ("号码（含外网）", "numbers, other networks' too"),
    "calls": ("通话", "calls"),
    "gangs": ("团伙", "gangs"),
    "fraud_numbers": ("涉诈号码", "fraud numbers"),
    "fraud_calls": ("涉诈通话", "fraud calls"),
    "victims_convinced": ("上当用户", "victims convinced"),
    "honest_heavy": ("正当高频用户", "honest heavy callers"),
    "files": ("话单文件", "call files"),
    "changes": ("其间的变化", "changes while it lasted"),
}


def show_world(made: dict[str, int | str]) -> None:
    """What was made, as a small table."""
    shown = table("", "", right=(1,))
    shown.show_header = False
    for name, value in made.items():
        label = say(*_LABELS[name]) if name in _LABELS else name
        plain = isinstance(value, str) or name == "seed"
        shown.add_row(label, str(value) if plain else count(int(value)))
    console().print(shown)
