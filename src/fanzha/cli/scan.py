"""Decides what `fanzha scan` shows of what the rule pack finds: a ranked table, JSON lines, or the report page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanzha.cli import options, start
from fanzha.cli.language import language, say
from fanzha.cli.moments import check_order, local
from fanzha.cli.terminal import console, count, foreign, note, progress, show_json, table
from fanzha.errors import StorageError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from fanzha.detection.alert import Alert
    from fanzha.detection.pack import Pack
    from fanzha.detection.rule import Rule
    from fanzha.detection.scan import Engine, Scan
    from fanzha.records.lake import Lake

SHOWN = 40  # alerts on a terminal; files hold them all
_HELP = say(
    """对数据湖运行规则包，按分值列出预警；每条都带证据、话单和反事实。

    \b
    --from/--to 用本地时间（--to 只写日期时含当天）；--from 之前 31 天只作预热。
    --out x.jsonl 每行一个 JSON 对象；--out x.html 一个自足的网页。
    --engine spark 在集群上重放（pip install 'fanzha[spark]'，Java 17）；结果与本机逐条相同。

    \b
    例
      fanzha scan
      fanzha scan --from 2026-11-01 --to 2026-11-07 --out alerts.jsonl
      fanzha scan --only sim_box --out 猫池.html
      fanzha scan --engine spark --master spark://主机:7077
    """,
    """Run the rule pack over the lake: alerts by falling score, each with evidence, records and counterfactual.

    \b
    --from/--to are local time (a bare --to date takes that day in); 31 days before --from only warm up.
    --out x.jsonl writes one JSON object a line; --out x.html one self-contained page.
    --engine spark replays on a cluster (pip install 'fanzha[spark]', Java 17): the very same alerts.

    \b
    Examples
      fanzha scan
      fanzha scan --from 2026-11-01 --to 2026-11-07 --out alerts.jsonl
      fanzha scan --only sim_box --out sim-boxes.html
      fanzha scan --engine spark --master spark://host:7077
    """,
)


@click.command("scan", help=_HELP)
@options.since
@options.until
@click.option("--only", metavar=say("手法", "SCHEME"), help=say("只看一类手法", "one scheme only"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help=say("写到 x.jsonl 或 x.html（可多次）", "write x.jsonl or x.html (may be given twice)"),
)
@options.network
@options.engine
@options.master
@options.rule_folders
@options.as_json
def command(
    first: datetime | None,
    last: datetime | None,
    only: str | None,
    out: tuple[Path, ...],
    network: str | None,
    engine: str,
    master: str | None,
    directories: tuple[Path, ...],
    as_json: bool,
) -> None:
    """See the help."""
    check_outs(out)
    check_engine(engine, master)
    check_order(first, last)
    home = start.begin()
    from fanzha.detection.pack import load_pack
    from fanzha.records.lake import Lake

    with Lake(home) as lake:
        pack = load_pack(start.rule_folders(home, directories), network_of(lake, network))
        check_scheme(pack, only)
        found = run(lake, pack, home, network=network, first=first, last=last, only=only, engine=engine, master=master)
        for path in out:
            write(path, found, lake, pack)
    if as_json:
        show_json(as_plain(found, pack))
    else:
        show(found, pack)
    for path in out:
        note(say(f"已写入 {path}", f"written: {path}"))


def check_outs(paths: tuple[Path, ...]) -> None:
    """Raises UsageError before any work for a file that could not be written in the end."""
    for path in paths:
        if path.suffix not in (".jsonl", ".html"):
            raise UsageError(
                say(f"不知道怎样写 {path}", f"cannot tell how to write {path}"), hint="--out x.jsonl | --out x.html"
            )
        if not path.absolute().parent.is_dir():
            raise UsageError(say(f"没有目录 {path.parent}", f"no folder {path.parent}"), where="--out")


def check_engine(engine: str, master: str | None) -> None:
    """Raises UsageError for a master without Spark."""
    if master is not None and engine != "spark":
        raise UsageError(
            say("--master 只用于 --engine spark", "--master goes with --engine spark"), hint="--engine spark"
        )


def check_scheme(pack: Pack, only: str | None) -> None:
    """Raises UsageError for a scheme that the pack does not know."""
    if only is not None and only not in pack.schemes:
        known = ", ".join(pack.schemes)
        raise UsageError(
            say(f"没有手法 {only}", f"no scheme is called {only}"),
            where="--only",
            hint=f"{say('已知', 'known')}: {known}",
        )


def network_of(lake: Lake, wanted: str | None) -> str:
    """The network to look at: the one asked for, or the only one there is. Raises UsageError."""
    known = lake.networks()
    if wanted is not None and wanted not in known:
        raise UsageError(
            say(f"数据湖里没有网络 {wanted}", f"the lake has no network {wanted}"),
            where="--network",
            hint=", ".join(known) or say("湖是空的：先 fanzha import", "it is empty: fanzha import first"),
        )
    if wanted is None and len(known) > 1:
        raise UsageError(
            say("数据湖里有多个网络", "the lake holds several networks"), hint=f"--network {' | '.join(known)}"
        )
    return wanted or (known[0] if known else "default")


def run(
    lake: Lake,
    pack: Pack,
    home: Path,
    *,
    network: str | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
    only: str | None = None,
    engine: str = "local",
    master: str | None = None,
) -> Scan:
    """Scan with a progress bar, here or on Spark."""
    from fanzha.detection.scan import scan

    chosen = network_of(lake, network)
    with cluster_of(engine, master, home) as session, progress(say("检测", "scan")) as step:
        return scan(
            lake,
            pack,
            temporary=home / "tmp",
            network=chosen,
            start=first,
            end=last,
            only=only,
            progress=lambda what, share: step(what, share),
            engine=_engine(session),
        )


@contextmanager
def cluster_of(name: str, master: str | None, home: Path) -> Iterator[SparkSession | None]:
    """A Spark session for as long as it is needed; None for this machine."""
    if name != "spark":
        yield None
        return
    from fanzha.detection.spark import start as start_spark

    session = start_spark(master or os.environ.get("FANZHA_SPARK_MASTER") or "local[*]", home / "tmp" / "spark")
    try:
        yield session
    finally:
        session.stop()


def _engine(session: SparkSession | None) -> Engine | None:
    if session is None:
        return None
    from fanzha.detection.cluster import on_spark

    return on_spark(session)


def write(path: Path, found: Scan, lake: Lake, pack: Pack) -> None:
    """Write JSON lines or the page; the file appears only whole. Raises StorageError."""
    if path.suffix == ".html":
        from fanzha.cli.page.report import report

        text = report(found, lake, pack, network=pack.network).encode()
    else:
        from fanzha.detection.alert import encode

        text = b"".join(encode(alert) + b"\n" for alert in found.alerts)
    put(path, text)


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises StorageError."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"{say('无法写入', 'cannot write')}: {error.strerror or error}",
            where=str(path),
            hint=say("换一个位置，或清理磁盘", "choose another place, or free some space"),
        ) from error


def as_plain(found: Scan, pack: Pack) -> dict[str, object]:
    """What `--json` prints."""
    import msgspec

    return {
        "calls": found.calls,
        "pack": pack.hash,
        "release": pack.release,
        "not_live": [
            {"rule": rule.name, "stage": str(rule.stage), "share": list(rule.share), "hits": hits}
            for rule, hits in not_live(found, pack)
        ],
        "unknown": found.unknown,
        "alerts": [msgspec.to_builtins(alert) for alert in found.alerts],
    }


def show(found: Scan, pack: Pack) -> None:
    """The ranked table with its summary."""
    out = console()
    if not found.calls:
        out.print(say("数据湖是空的。先运行 fanzha import。", "The lake is empty. Run fanzha import first."))
        return
    out.print(alert_table(found.alerts[:SHOWN], pack))
    if len(found.alerts) > SHOWN:
        rest = len(found.alerts) - SHOWN
        out.print(say(f"… 另有 {rest} 条（--out 全部写出）", f"... and {rest} more (--out writes them all)"))
    out.print(summary_line(found, pack))
    for rule, hits in not_live(found, pack):
        would = say(f"，会命中 {count(hits)} 个", f", would hit {count(hits)}") if rule.shadow else ""
        out.print(f"  {rule.name}  {stage_of(rule)}{would}", highlight=False)
    if found.unknown:
        out.print(unknown_line(found.unknown))


def summary_line(found: Scan, pack: Pack) -> str:
    """So many calls, so many alerts in each band."""
    bands = []
    for band in reversed(pack.words.bands.bands):
        number = sum(alert.band == band.id for alert in found.alerts)
        bands.append(f"[{band.colour}]●[/] {say(band.zh, band.en)} {number}")
    calls, alerts = count(found.calls), count(len(found.alerts))
    return say(f"{calls} 次通话，{alerts} 条预警：", f"{calls} calls, {alerts} alerts: ") + "  ".join(bands)


def not_live(found: Scan, pack: Pack) -> list[tuple[Rule, int]]:
    """The rules that run and do not act on everybody, and whom those in shadow would have hit."""
    told = Counter((rule, version) for rule, version, _ in {(hit.rule, hit.version, hit.entity) for hit in found.hits})
    return [(rule, told[rule.id, rule.version]) for rule in pack.rules if stage_of(rule)]


def stage_of(rule: Rule) -> str:
    """In which stage a rule runs, in words; empty for one that acts on everybody."""
    low, high = rule.share
    if rule.shadow:
        return say("影子：只记录", "shadow: recorded only")
    if (low, high) == (0, 1000):
        return ""
    part = f"{(high - low) / 10:g} %"
    return say(f"按份额：{part} 的号码", f"share: {part} of the numbers")


MISSING = {
    "subscribers": ("用户资料（开卡时间、证件、常用终端）", "subscribers (age of a card, document, home device)"),
    "cells": ("小区资料（位置、区域）", "cells (place, region)"),
    "trunks": ("中继资料（许可号段）", "trunks (permitted ranges)"),
}


def unknown_line(unknown: list[str]) -> str:
    """What nobody could tell, since a table is missing."""
    names = "；".join(MISSING[name][0] if name in MISSING else name for name in unknown)
    english = "; ".join(MISSING[name][1] if name in MISSING else name for name in unknown)
    return say(f"未知（未导入）：{names}", f"not known, never imported: {english}")


def alert_table(alerts: list[Alert], pack: Pack) -> object:
    """One row an alert, coloured by its band."""
    columns = (say("分", "score"), say("级别", "band"), say("对象", "entity"), say("手法", "scheme"))
    made = table(*columns, say("处置建议", "proposed"), say("首次", "first seen"), say("理由", "reason"), right=(0,))
    for column in made.columns[:-1]:
        column.no_wrap = True
    bands = {band.id: band for band in pack.words.bands.bands}
    for alert in alerts:
        band = bands[alert.band]
        measure = pack.words.measures[alert.measure]
        made.add_row(
            f"[bold {band.colour}]{alert.score:.1f}",
            f"[{band.colour}]{say(band.zh, band.en)}",
            foreign(alert.entity.value),
            getattr(alert.title, language()),
            say(measure.zh, measure.en),
            local(datetime.fromisoformat(alert.first_seen))[5:16],
            reason(alert),
        )
    return made


def reason(alert: Alert) -> str:
    """The strongest rule that spoke, and how many more did."""
    more = len(alert.rules) - 1
    strongest: str = getattr(alert.rules[0].title, language()) if alert.rules else ""
    return strongest + (f" +{more}" if more else "")
