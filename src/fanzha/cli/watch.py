"""Decides what `fanzha watch` tells while files arrive: alerts on standard output, all else on standard error."""

from __future__ import annotations

import signal
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanzha.cli import options, start
from fanzha.cli.failure import told
from fanzha.cli.language import say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, count, foreign, note
from fanzha.errors import InputError, UsageError, VocabularyError

if TYPE_CHECKING:
    from fanzha.detection.alert import Alert
    from fanzha.detection.pack import Pack
    from fanzha.detection.watch import Listener
    from fanzha.records.receipt import Receipt

_HELP = say(
    """盯住目录 FOLDER：文件一完整就导入，更新画像，随即预警。Ctrl-C 或 SIGTERM 正常结束（退出码 0）。

    \b
    正在写的文件（.tmp .part 等，或大小还在变）会等；坏文件说明原因后跳过。
    停下再开、断电、kill -9 都不丢不重。参考表先用 fanzha import --kind 导入。
    预警输出到标准输出（--json 每行一个对象，同一 id 的新行取代旧行），其余到标准错误。
    已发出的预警用 fanzha alerts 再看。

    \b
    例
      fanzha watch /data/cdr
      fanzha watch /data/cdr --mapping 交换机.yaml --json >> alerts.jsonl
      fanzha watch /data/cdr --once
      fanzha watch var/calls/records --done var/calls/taken
    """,
    """Take files as they become complete in FOLDER: import, step the profiles, raise alerts at once.

    \b
    Files still being written (.tmp, .part, or growing) are waited for; a bad one is told and passed over.
    Stopping and starting again, a power cut or kill -9 loses and repeats nothing. Ctrl-C or SIGTERM ends
    it in order (exit 0). Import reference tables first, with fanzha import --kind.
    Alerts go to standard output (--json: one object a line; a newer line of the same id replaces the older),
    all else to standard error. fanzha alerts shows again what was raised.

    \b
    Examples
      fanzha watch /data/cdr
      fanzha watch /data/cdr --mapping switch.yaml --json >> alerts.jsonl
      fanzha watch /data/cdr --once
      fanzha watch var/calls/records --done var/calls/taken
    """,
)


# A hundred thousand calls are stepped at a time (detection.watch), and every number and device among them needs a slot.
_MEGABYTES = click.IntRange(256, 1_000_000)


@click.command("watch", help=_HELP)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--mapping", help=say("列映射：YAML 文件或内置名", "column mapping: a YAML file or a built-in one"))
@click.option(
    "--network",
    type=options.NETWORK,
    help=say("哪个网络（默认按映射，否则 default）", "whose network (default: as the mapping says, else default)"),
)
@click.option(
    "--done",
    type=click.Path(path_type=Path, file_okay=False),
    help=say("处理过的文件移到此目录", "move files here once dealt with"),
)
@click.option("--once", is_flag=True, help=say("处理完现有文件就结束", "take what is there, then stop"))
@click.option(
    "--memory",
    default=1700,
    type=_MEGABYTES,
    show_default=True,
    metavar="MB",
    help=say("画像内存上限", "most memory for profiles"),
)
@options.rule_folders
@options.json_lines
def command(
    folder: Path,
    mapping: str | None,
    network: str | None,
    done: Path | None,
    once: bool,
    memory: int,
    directories: tuple[Path, ...],
    as_json: bool,
) -> None:
    """See the help."""
    home = start.begin()
    from fanzha.detection.pack import Rulebook
    from fanzha.detection.watch import Options, Watch
    from fanzha.records.lake import Lake
    from fanzha.records.mapping import mapping_of

    network = network or (mapping_of(mapping).network if mapping else None) or "default"
    rulebook = Rulebook(start.rule_folders(home, directories), network)
    how = Options(network=network, mapping=mapping, max_bytes=memory * 1_000_000, once=once, done=done)
    with Lake(home) as lake:
        watch = Watch(lake, rulebook, folder, state_of(home, network), how, _listener(folder, rulebook.pack, as_json))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: watch.stop())
        watch.run()
    note(say("已停下，状态已保存", "stopped, its state is saved"))


def state_of(home: Path, network: str) -> Path:
    """Where a network's watcher keeps its outbox and checkpoint."""
    return home / "watch" / network


def watched(home: Path, wanted: str | None) -> str:
    """The network whose watcher is meant: the one asked for, or the only one there is. Raises UsageError."""
    known = sorted(path.parent.name for path in (home / "watch").glob("*/outbox.sqlite"))
    if wanted is None and len(known) > 1:
        raise UsageError(
            say("有多个网络的盯守记录", "several networks have been watched"), hint=f"--network {' | '.join(known)}"
        )
    return wanted or (known[0] if known else "default")


def _listener(folder: Path, pack: Pack, as_json: bool) -> Listener:
    from fanzha.detection.alert import encode
    from fanzha.detection.watch import Listener

    def alert(found: Alert) -> None:
        if as_json:
            print(encode(found).decode(), flush=True)
        else:
            show_line(found, pack)

    def receipt(found: Receipt) -> None:
        note(str(found))

    def refused(path: Path, error: InputError) -> None:
        note(say(f"跳过 {path}：", f"passed over {path}: ") + told(error))

    def rebuilding(calls: int) -> None:
        seen = count(calls)
        note(
            say(
                f"规则或画像格式已变（或没有检查点）：从湖中 {seen} 次通话重建画像，已发出的预警不会重发",
                f"rules or layout changed (or no checkpoint): profiles are rebuilt from {seen} calls of the lake; no "
                "alert is raised twice",
            )
        )

    def started(_restored: int, position: int) -> None:
        seen = count(position)
        note(say(f"正在盯住 {folder}（湖中已有 {seen} 次通话）", f"watching {folder} ({seen} calls in the lake)"))

    def released(fresh: Pack) -> None:
        acting, shadows = len(fresh.acting), len(fresh.rules) - len(fresh.acting)
        zh = f"规则发布 {fresh.release} 生效：{acting} 条执行，{shadows} 条影子"
        note(say(zh, f"release {fresh.release} is in force: {acting} rules act, {shadows} in shadow"))

    def unreleased(error: VocabularyError) -> None:
        note(say("规则发布有误，沿用原规则：", "the release cannot run, the former rules go on: ") + told(error))

    return Listener(
        receipt=receipt,
        refused=refused,
        alert=alert,
        released=released,
        unreleased=unreleased,
        rebuilding=rebuilding,
        started=started,
    )


def show_line(found: Alert, pack: Pack) -> None:
    """An alert in one line."""
    band = next(each for each in pack.words.bands.bands if each.id == found.band)
    when = local(datetime.fromisoformat(found.last_seen))
    title = say(found.title.zh, found.title.en)
    reason = say(found.rules[0].title.zh, found.rules[0].title.en) if found.rules else ""
    console().print(
        f"[bold {band.colour}]{found.score:5.1f}[/] {say(band.zh, band.en)}  {when}  "
        f"{foreign(found.entity.value)}  {title}: {reason}",
        soft_wrap=True,
    )
