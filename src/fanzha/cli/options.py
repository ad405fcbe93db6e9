"""Decides the options that several commands share, so that they are spelt and explained alike."""

from __future__ import annotations

from pathlib import Path

import click

from fanzha.cli.language import say
from fanzha.cli.moments import Moment

# What a machine can hold: beyond, an option is refused with its range, not failed on somewhere inside.
SEED = click.IntRange(0, 2**31 - 1)
SERIAL = click.IntRange(0, 10**12)
ROWS = click.IntRange(1, 1_000_000)
PORT = click.IntRange(1, 65_535)
REGION = click.IntRange(0, 999_999)
VERSION = click.IntRange(1, 1_000_000)

since = click.option("--from", "first", type=Moment(), help=say("从何时起", "first moment"))
until = click.option("--to", "last", type=Moment(last=True), help=say("到何时止", "last moment"))
subscribers = click.option("--subscribers", default=20_000, show_default=True, help=say("用户数", "subscribers"))
seed = click.option("--seed", default=1, type=SEED, show_default=True, help=say("随机种子", "seed"))
evasion = click.option(
    "--evasion",
    type=click.Choice(["mix", "0", "1", "2", "3"]),
    default="mix",
    show_default=True,
    help=say("躲避程度", "how hard the gangs try not to be seen"),
)
days = click.option("--days", type=click.IntRange(1, 3660), help=say("最近多少天", "the last so many days"))
truth = click.option(
    "--truth", type=click.Path(path_type=Path), help=say("合成省份目录", "the folder of a synthetic province")
)
unmasked = click.option("--unmasked", is_flag=True, help=say("显示完整号码", "show numbers in full"))


class Network(click.ParamType[str]):
    """A network's name: it names folders too, so it is one word of a path."""

    name = say("网络", "name")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name. Fails as a wrong option does."""
        text = str(value)
        if not 1 <= len(text) <= 64 or text.startswith(".") or not text.isprintable() or set("/\\") & set(text):
            self.fail(say(f"{text!r} 不能作网络名", f"{text!r} cannot name a network"), param, ctx)
        return text


NETWORK = Network()
network = click.option("--network", type=NETWORK, help=say("哪个网络", "whose network"))
rule_folders = click.option(
    "--dir",
    "directories",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help=say("另加的规则目录", "a folder of more rules"),
)
as_json = click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))
json_lines = click.option("--json", "as_json", is_flag=True, help=say("每行一个 JSON 对象", "one JSON object a line"))
engine = click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help=say("在哪里重放", "where to replay"),
)
master = click.option(
    "--master",
    metavar=say("地址", "URL"),
    help=say(
        "Spark 主节点，如 spark://主机:7077、yarn；默认本机（或 FANZHA_SPARK_MASTER）",
        "the Spark master: spark://host:7077, yarn ...; else FANZHA_SPARK_MASTER, else this machine",
    ),
)
