"""Decides what `fanzha demo` (`make demo`) shows a newcomer: a province in, fraud out, and how well it was found."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli import scan as scanning
from fanzha.cli.intake import import_all
from fanzha.cli.intake import summary as import_summary
from fanzha.cli.language import language, say
from fanzha.cli.living import Size
from fanzha.cli.terminal import console, count, note, progress, show_json, table
from fanzha.errors import StorageError

if TYPE_CHECKING:
    from fanzha.cli.demonstration import Seen
    from fanzha.cli.planted import Comparison
    from fanzha.cli.telephony.story import Placed
    from fanzha.detection.pack import Pack
    from fanzha.detection.scan import Scan
    from fanzha.records.lake import Lake

SHOWN = 15
_OURS = ("province", "lake", "tmp", "report.html", "alerts.jsonl", "policy", "gateway", "calls", "keys")
_STAGES = 6
_HOST, _PAGE_PORT = "127.0.0.1", 8110
_SMALL_SWITCH = say(
    "经内置小交换机（安装 Kamailio 后经参考边缘）",
    "through a small switch of ours (through the edge where Kamailio is)",
)
_HELP = say(
    """一条命令看全貌：造一个合成省份，把话单作为文件导入，检测，对照真相，写出报告网页，再拨几个真实的
    SIP 呼叫：放行、拦截、110 一律放行、通话中阻断；最后一次启动整个平台（工作台、watch、网关、定时任务、
    持续生长的省份）。

    \b
    一切都在 FANZHA_HOME/demo 和 FANZHA_HOME/live，每次重来。在终端里平台运行到 Ctrl-C，工作台地址和演示账号
    会打印出来；否则确认工作台应答、预警到达后退出。

    \b
    例
      fanzha demo
      fanzha demo --subscribers 100000 --evasion 2 --seed 9
    """,
    """The whole of it in one command: make a synthetic province, import its records as files, scan them,
    compare with what was planted, write the report page, and place real SIP calls: one goes on, one is refused,
    one to 110 passes all the same, one is cut in progress. At last all of it is started in one go: desk, watch,
    gateway, jobs, and a province that lives on.

    \b
    All under FANZHA_HOME/demo and FANZHA_HOME/live, afresh each time. On a terminal everything runs until Ctrl-C,
    with the desk's address and logins printed; else it ends once the desk has answered and alerts have arrived.

    \b
    Examples
      fanzha demo
      fanzha demo --subscribers 100000 --evasion 2 --seed 9
    """,
)


@click.command("demo", help=_HELP)
@options.subscribers
@click.option("--days", default=7, show_default=True, help=say("天数", "days"))
@click.option("--gangs", default=26, show_default=True, help=say("团伙数", "gangs"))
@options.seed
@options.evasion
@click.option(
    "--calls/--no-calls", default=True, show_default=True, help=say("拨打真实的 SIP 呼叫", "place real SIP calls")
)
@click.option(
    "--serve/--no-serve",
    default=None,
    help=say("最后运行工作台直到 Ctrl-C（默认：仅在终端）", "run the desk until Ctrl-C (default: only on a terminal)"),
)
@click.option("--desk/--no-desk", default=True, show_default=True, help=say("启动工作台", "start the desk at the end"))
@click.option(
    "--port",
    default=8120,
    type=click.IntRange(0, 65_535),
    show_default=True,
    help=say("工作台端口，0 为任一空闲端口", "the desk's port on this machine, 0 for any that is free"),
)
@options.as_json
def command(
    subscribers: int,
    days: int,
    gangs: int,
    seed: int,
    evasion: str,
    calls: bool,
    serve: bool | None,
    desk: bool,
    port: int,
    as_json: bool,
) -> None:
    """See the help."""
    stays = desk and (serve or (serve is None and sys.stdout.isatty() and not as_json))
    if stays:
        from fanzha.cli.serve import check_free

        check_free(_HOST, port)
    home = start.begin()
    folder = fresh(home / "demo")
    from fanzha.detection.pack import load_pack

    province = folder / "province"
    with stage(1, say("造一个合成省份", "making a synthetic province")) as done:
        made = _make(province, subscribers, days, gangs, seed, evasion)
        done(say(f"{count(made['calls'])} 次通话", f"{count(made['calls'])} calls"))
    findings = _found(folder, province, load_pack(start.rule_folders(home)))
    placed: list[Placed] = []
    if calls and findings.scan.alerts:
        with stage(5, say("拨打真实的 SIP 呼叫", "placing real SIP calls")) as done:
            placed, edge = _place(folder, findings.scan)
            done(say("经参考边缘 Kamailio", "through the reference edge, Kamailio") if edge else _SMALL_SWITCH)
    size = Size(min(subscribers, Size.subscribers), min(gangs, Size.gangs))
    seen = _look(home / "live", size) if desk and not stays else None
    if as_json:
        desk_told = asdict(seen) if seen else None
        show_json({"world": made, **findings.plain(), "calls": [asdict(call) for call in placed], "desk": desk_told})
    else:
        findings.show(placed)
    if stays:
        _stay(home / "live", size, findings.page, port)


@dataclass(frozen=True, slots=True)
class _Findings:
    """What came of the province: receipts of the import, what the rules found, how that compares, the page of it."""

    receipts: dict[str, Any]
    scan: Scan
    pack: Pack
    planted: Comparison
    page: Path

    def plain(self) -> dict[str, Any]:
        """For machines."""
        planted, page = self.planted.as_plain(), str(self.page)
        return {"import": self.receipts, "scan": _counts(self.scan), "planted": planted, "page": page}

    def show(self, placed: list[Placed]) -> None:
        """The highest alerts, found beside planted, the calls that were placed, and where to go on."""
        _show(self.scan, self.pack, self.planted, placed, self.page)


def _look(place: Path, size: Size) -> Seen:
    from fanzha.cli.demonstration import look

    with stage(6, say("启动整个平台", "starting everything")) as done:
        seen = look(place, size)
        zh = f"工作台 {seen.up_s:.0f} 秒后应答，首批预警 {seen.alert_s:.0f} 秒后到达"
        done(say(zh, f"the desk answered after {seen.up_s:.0f} s, the first alerts came after {seen.alert_s:.0f} s"))
    return seen


def _stay(place: Path, size: Size, page: Path, port: int) -> None:
    """Everything, and the report's page beside it, until Ctrl-C."""
    from fanzha.cli.demonstration import serve
    from fanzha.cli.roles import ROLES, Ports
    from fanzha.cli.serving import served

    note("")
    with served(page, _PAGE_PORT):
        serve(place, ROLES, Ports(_HOST, port), size, afresh=True)


def _found(folder: Path, province: Path, pack: Pack) -> _Findings:
    """Import the province's files, run the rules, compare with what was planted, write the page."""
    from fanzha.cli.planted import found_versus_planted
    from fanzha.records.lake import Lake

    with Lake(folder) as lake:
        with stage(2, say("作为文件导入", "importing its files")) as done:
            receipts = _import(lake, province)
            done(_sum_line(receipts))
        with stage(3, say("运行规则包", "running the rule pack")) as done:
            found = scanning.run(lake, pack, folder)
            done(say(f"{count(len(found.alerts))} 条预警", f"{count(len(found.alerts))} alerts"))
        planted = found_versus_planted(found.alerts, province / "truth")
        with stage(4, say("写报告", "writing the report")) as done:
            page = _write(folder, found, lake, pack, planted)
            done(f"{page.stat().st_size / 1e6:.1f} MB")
    return _Findings(receipts, found, pack, planted, page)


def _place(folder: Path, found: Scan) -> tuple[list[Placed], bool]:
    from fanzha.cli.telephony.story import place_calls

    return place_calls(folder, found.alerts)


def fresh(folder: Path) -> Path:
    """The demo's folder, with what an earlier demo left there removed. Raises StorageError."""
    for name in _OURS:
        path = folder / name
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{say('无法清理', 'cannot clear')}: {error.strerror}", where=str(path)) from error
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def stage(number: int, title: str) -> Iterator[Any]:
    """One step of the demo, told on standard error with what came of it and how long it took."""
    began = time.perf_counter()
    results: list[str] = []
    yield results.append
    note(f"[{number}/{_STAGES}] {title}: {', '.join(results)}  ({time.perf_counter() - began:.1f} s)")


def _make(province: Path, subscribers: int, days: int, gangs: int, seed: int, evasion: str) -> dict[str, Any]:
    from fanzha.world.make import make_world

    with progress(say("造省", "world")) as step:
        made = make_world(
            province,
            subscribers=subscribers,
            days=days,
            gangs=gangs,
            seed=seed,
            evasion=evasion,
            progress=lambda done, total, what: step(what, done / total),
        )
    return dict(made.as_dict())


def _import(lake: Lake, province: Path) -> dict[str, Any]:
    receipts = []
    with progress(say("导入", "import")) as step:
        for kind in ("subscribers", "cells", "trunks"):
            receipts += import_all(lake, (str(province / f"{kind}.parquet"),), kind=kind, step=step)
        receipts += import_all(lake, (str(province / "calls"),), step=step)
    return import_summary(receipts)


def _sum_line(receipts: dict[str, Any]) -> str:
    total = receipts["total"]
    counts = tuple(count(total[name]) for name in ("rows", "stored", "quarantined", "duplicates"))
    return say(
        "{} 行 = 入库 {} + 隔离 {} + 重复 {}".format(*counts),
        "{} rows = {} stored + {} quarantined + {} duplicates".format(*counts),
    )


def _write(folder: Path, found: Scan, lake: Lake, pack: Pack, planted: Comparison) -> Path:
    from fanzha.cli.page.report import report

    page = folder / "report.html"
    title = ("合成省份演示", "Synthetic province demo")
    scanning.put(page, report(found, lake, pack, planted=planted, title=title).encode())
    scanning.write(folder / "alerts.jsonl", found, lake, pack)
    return page


def _counts(found: Scan) -> dict[str, Any]:
    bands: dict[str, int] = {}
    for alert in found.alerts:
        bands[alert.band] = bands.get(alert.band, 0) + 1
    return {"calls": found.calls, "alerts": len(found.alerts), "bands": bands}


def _show(found: Scan, pack: Pack, planted: Comparison, placed: list[Placed], page: Path) -> None:
    out = console()
    out.print()
    out.print(f"[bold]{say('分值最高的预警', 'The highest alerts')}")
    out.print(scanning.alert_table(found.alerts[:SHOWN], pack))
    out.print(scanning.summary_line(found, pack))
    out.print()
    for shown in planted_tables(planted, pack):
        out.print(shown)
    out.print(_verdict(planted))
    if placed:
        out.print()
        out.print(call_table(placed))
    out.print(say(f"报告：{page}", f"The report: {page}"))
    best = found.alerts[0].entity.value if found.alerts else ""
    if best:
        program = "fanzha" if shutil.which("fanzha") else sys.argv[0]  # `make demo` leaves PATH as it was
        out.print(say("继续看：", "Go on: ") + f"FANZHA_HOME={page.parent} {program} explain {best}")


def planted_tables(planted: Comparison, pack: Pack) -> Iterator[Any]:
    """Found versus planted by scheme and evasion, and honest people by role and band."""
    columns = (say("手法", "scheme"), say("躲避", "evasion"), say("植入", "planted"), say("发现≥60", "found at 60"))
    more = (say("发现≥70", "at 70"), say("打满50次", "made 50 calls"), say("其中≥70", "of these at 70"))
    last = say("预警前呼出（中位）", "calls before alert (median)")
    made = table(*columns, *more, last, title=say("植入与发现", "Found versus planted"), right=tuple(range(1, 8)))
    for group in planted.groups:
        figures = (group.evasion, group.planted, group.found_60, group.found_70, group.busy, group.busy_70)
        median = "–" if group.median_calls is None else f"{group.median_calls:g}"
        made.add_row(scheme_name(group.scheme), *map(str, figures), median)
    yield made
    bands = pack.words.bands.bands
    names = (say(band.zh, band.en) for band in bands)
    made = table(
        say("正当用户", "honest people"),
        say("人数", "people"),
        *names,
        title=say("被预警的正当用户", "Honest people flagged"),
        right=tuple(range(1, 2 + len(bands))),
    )
    from fanzha.cli.page.planted_cards import role_labels

    labels = role_labels()
    for row in planted.honest:
        if row.bands or row.role == "ordinary":
            counts = (str(row.bands.get(band.id, 0) or "") for band in bands)
            made.add_row(say(*labels.get(row.role, (row.role, row.role))), count(row.people), *counts)
    yield made


def call_table(placed: list[Placed]) -> Any:
    """The calls that were placed, numbers masked."""
    from fanzha.numbering import mask

    columns = (say("呼叫", "call"), say("主叫", "caller"), say("被叫", "callee"), say("结果", "outcome"))
    title = say("真实呼叫：放行、拦截、紧急、阻断", "Real calls: let go on, refused, an emergency, cut")
    made = table(*columns, say("毫秒", "ms"), say("依据", "by"), title=title, right=(4,))
    for call in placed:
        made.add_row(call.what, mask(call.caller), mask(call.callee), call.outcome, f"{call.ms:.1f}", call.why)
    return made


def scheme_name(scheme: str) -> str:
    """A planted scheme's name in the language of this run."""
    from fanzha.cli.page.planted_cards import SCHEMES

    zh, en = SCHEMES.get(scheme, (scheme, scheme))
    return zh if language() == "zh" else en


def _verdict(planted: Comparison) -> str:
    median = "–" if planted.median_calls is None else f"{planted.median_calls:g}"
    return say(
        f"8 张卡以上的猫池终端：{planted.boxes_found}/{planted.boxes}；首次预警前呼出中位数 {median}；"
        f"上当用户 {planted.victims}，已预警 {planted.victims_warned}",
        f"SIM-box devices of 8 cards or more: {planted.boxes_found} of {planted.boxes}; median calls before the first "
        f"alert {median}; convinced victims {planted.victims}, warned {planted.victims_warned}",
    )
