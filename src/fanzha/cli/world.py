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
    """,
    """Make a synthetic province in OUT: calls/, subscribers, cells, trunks, and truth/, who was planted.

    The same arguments give the same bytes. It shares no constant with the detectors.

    \b
    Examples
      fanzha world ./province
      fanzha world ./large --subscribers 1000000 --days 3 --gangs 60
      fanzha world ./hard --evasion 2 --seed 7 --format csv
    """,
)


@click.command("world", help=_HELP)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--subscribers", default=20_000, show_default=True, help=say("用户数", "subscribers"))
@click.option("--days", default=7, show_default=True, help=say("天数", "days"))
@click.option("--seed", default=1, show_default=True, help=say("随机种子", "seed"))
@click.option("--gangs", default=20, show_default=True, help=say("团伙数", "gangs"))
@click.option(
    "--evasion",
    type=click.Choice(["mix", "0", "1", "2", "3"]),
    default="mix",
    show_default=True,
    help=say("躲避程度", "how hard the gangs try not to be seen"),
)
@click.option(
    "--start",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2026-03-02",
    show_default=True,
    help=say("第一天", "first day"),
)
@click.option("--format", "shape", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@options.as_json
def command(
    out: Path,
    subscribers: int,
    days: int,
    seed: int,
    gangs: int,
    evasion: str,
    first: datetime,
    shape: str,
    as_json: bool,
) -> None:
    """See the help."""
    start.begin()
    from fanzha.world.make import make_world

    with progress(say("造省", "world")) as step:
        made = make_world(
            out,
            subscribers=subscribers,
            days=days,
            seed=seed,
            gangs=gangs,
            evasion=evasion,
            start=date(first.year, first.month, first.day),
            format=shape,
            progress=lambda done, total, what: step(what, done / total),
        )
    if as_json:
        show_json(made.as_dict())
    else:
        show_world(made.as_dict())


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
