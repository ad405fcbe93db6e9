"""Decides what `fanzha backtest` asks for: a draft rule, a stretch of the lake, what is known of whom, a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.backtest_table import show
from fanzha.cli.history import known_of, last_days
from fanzha.cli.language import say
from fanzha.cli.moments import check_order
from fanzha.cli.scan import check_engine, cluster_of, network_of, put
from fanzha.cli.terminal import note, progress
from fanzha.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from fanzha.detection.backtest.report import Report
    from fanzha.detection.backtest.sample import Answer
    from fanzha.detection.outcomes import Outcomes
    from fanzha.detection.pack import Pack
    from fanzha.detection.rule import Rule
    from fanzha.records.lake import Lake

_HELP = say(
    """上线之前先在历史上试：草稿规则会抓到谁、误伤谁、代价多大，与现行版本对照。

    \b
    RULE 是规则编号，或草稿文件 x.yaml（多条时写 x.yaml#编号）；与规则包中同编号的版本对照。
    只计 --from 之后的命中；之前 31 天只作预热。同样的版本、数据与种子得到同样的字节。
    谁是涉诈、谁是正当，由 --outcomes（每行一个 JSON）或 --truth（合成省份目录）给出；都不给时命中一律“未知”。
    --sweep 扫描一个条件的阈值：写字段名或条件序号；--points 写 5,10,20 或 起:止:个数。

    \b
    例
      fanzha backtest mass_dialling.strangers --days 30
      fanzha backtest 草稿.yaml --days 30 --outcomes 处置结果.jsonl --out 试跑.pdf
      fanzha backtest 草稿.yaml --truth ./省 --sweep out_1h --points 10:60:20 --json
    """,
    """Try a rule on history before it stops anyone: whom it catches, whom it hurts and at what cost, beside today's.

    \b
    RULE is a rule's id, or a draft x.yaml (x.yaml#ID where it holds several); it is compared with the pack's version
    of the same id. Hits count from --from on; the 31 days before only warm up. The same versions, data and seed give
    the same bytes. Who is fraud and who is honest comes from --outcomes (JSON lines) or --truth (a synthetic
    province); without either every hit is `unknown`.
    --sweep moves one condition's threshold: its field or its place; --points are 5,10,20 or FROM:TO:COUNT.

    \b
    Examples
      fanzha backtest mass_dialling.strangers --days 30
      fanzha backtest draft.yaml --days 30 --outcomes outcomes.jsonl --out trial.pdf
      fanzha backtest draft.yaml --truth ./province --sweep out_1h --points 10:60:20 --json
    """,
)


@click.command("backtest", help=_HELP)
@click.argument("rule")
@options.days
@options.since
@options.until
@click.option(
    "--outcomes",
    "known",
    multiple=True,
    type=click.Path(path_type=Path),
    help=say("处置结果文件（可多次）", "a file of outcomes (may be given twice)"),
)
@options.truth
@click.option(
    "--sweep", metavar=say("字段|序号", "FIELD|N"), help=say("扫描哪个条件的阈值", "whose threshold to sweep")
)
@click.option("--points", help=say("哪些阈值（默认 20 个）", "which thresholds (20 about its own)"))
@click.option(
    "--quick",
    is_flag=True,
    help=say(
        "只问最近一周的样本，给出约数与误差", "ask last week's sample only: about how many, and how wrong that may be"
    ),
)
@click.option("--seed", default=1, type=options.SEED, show_default=True, help=say("随机种子", "seed"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help=say("写到 x.json 或 x.pdf（可多次）", "write x.json or x.pdf (may be given twice)"),
)
@options.unmasked
@options.network
@options.engine
@options.master
@options.rule_folders
@options.as_json
def command(
    rule: str,
    days: int | None,
    first: datetime | None,
    last: datetime | None,
    known: tuple[Path, ...],
    truth: Path | None,
    sweep: str | None,
    points: str | None,
    quick: bool,
    seed: int,
    out: tuple[Path, ...],
    unmasked: bool,
    network: str | None,
    engine: str,
    master: str | None,
    directories: tuple[Path, ...],
    as_json: bool,
) -> None:
    """See the help."""
    check_engine(engine, master)
    _check(days, first, last, sweep, points, out)
    if quick and (days is not None or first or last or out):
        raise UsageError(say("--quick 只问最近一周，不写文件", "--quick asks last week only, and writes no file"))
    home = start.begin()
    from fanzha.detection.backtest.draft import find_draft
    from fanzha.detection.pack import load_pack
    from fanzha.records.lake import Lake

    outcomes = known_of(known, truth)
    with Lake(home) as lake:
        chosen = network_of(lake, network)
        pack = load_pack(start.rule_folders(home, directories), chosen)
        trial = _Trial(lake, home, chosen, pack, find_draft(pack, rule), outcomes, sweep, _points(points))
        if quick:
            _show_quickly(trial.ask(), as_json=as_json)
            return
        if days is not None:
            first, last = last_days(lake, chosen, days, last)
        with cluster_of(engine, master, home) as session:
            report = trial.run(first, last, seed, session)
    _hand_over(report, pack, out, unmasked=unmasked, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What is tried on what: the draft beside its pack, over one network of the lake, with what is known of whom."""

    lake: Lake
    home: Path
    network: str
    pack: Pack
    draft: Rule
    outcomes: Outcomes
    sweep: str | None
    points: list[float]

    @property
    def leaf(self) -> int | None:
        """The condition that is swept, if one is. Raises UsageError where the draft has none such."""
        from fanzha.detection.backtest.draft import find_leaf

        return None if self.sweep is None else find_leaf(self.draft, self.sweep)

    def run(self, first: datetime | None, last: datetime | None, seed: int, session: SparkSession | None) -> Report:
        """On every call of the stretch, here or on a cluster."""
        from fanzha.detection.backtest.run import run

        engine: dict[str, Any] = {}
        if session is not None:
            from fanzha.detection.backtest.cluster import on_spark

            engine["reads"], engine["walks"], engine["judges"] = on_spark(session)
        with _steps(say("回溯试跑", "backtest"), say("试规则", "try")) as step:
            return run(
                self.lake,
                self.pack,
                self.draft,
                network=self.network,
                start=first,
                end=last,
                outcomes=self.outcomes,
                seed=seed,
                temporary=self.home / "tmp",
                progress=step,
                leaf=self.leaf,
                thresholds=self.points,
                **engine,
            )

    def ask(self) -> Answer:
        """The prepared sample of the last week; it is drawn first where there is none."""
        from fanzha.detection.backtest.drawing import ready

        leaf, kind = self.leaf, self.draft.entity
        with _steps(say("准备样本", "sample"), say("抽样", "draw")) as step:
            sample = ready(self.lake, self.home, pack=self.pack, kind=kind, network=self.network, progress=step)
        known = self.outcomes.of(kind) if len(self.outcomes) else None
        return sample.ask(self.draft, leaf, self.points, known=known)


@contextmanager
def _steps(title: str, judging: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar that names the steps in the reader's language."""
    words = {"read": say("读话单", "read calls"), "judge": judging, "tell": say("汇总", "sum up")}
    with progress(title) as step:
        yield lambda what, share: step(words[what], share)


def _show_quickly(answer: Answer, *, as_json: bool) -> None:
    import msgspec

    from fanzha.cli.backtest_table import show_answer

    if as_json:
        print(msgspec.json.encode(answer).decode())
    else:
        show_answer(answer)


def _check(
    days: int | None,
    first: datetime | None,
    last: datetime | None,
    sweep: str | None,
    points: str | None,
    out: tuple[Path, ...],
) -> None:
    """Raises UsageError before any work."""
    if days is not None and first is not None:
        raise UsageError(say("--days 与 --from 只能用一个", "give --days or --from, not both"))
    check_order(first, last)
    if points is not None and sweep is None:
        raise UsageError(say("--points 要与 --sweep 同用", "--points goes with --sweep"))
    for path in out:
        if path.suffix not in (".json", ".pdf"):
            what = say(f"不知道怎样写 {path}", f"cannot tell how to write {path}")
            raise UsageError(what, hint="--out x.json | --out x.pdf")
        if not path.absolute().parent.is_dir():
            raise UsageError(say(f"没有目录 {path.parent}", f"no folder {path.parent}"), where="--out")


def _points(text: str | None) -> list[float]:
    """Thresholds as typed. Raises UsageError."""
    if text is None:
        return []
    try:
        if ":" not in text:
            return [_finite(each) for each in text.split(",")]
        low, high, count = text.split(":")
        if not 2 <= int(count) <= 100:
            raise ValueError(count)
        step = (_finite(high) - _finite(low)) / (int(count) - 1)
        return [round(_finite(low) + step * at, 9) for at in range(int(count))]
    except ValueError:
        what = say(f"看不懂阈值 {text}", f"cannot read the thresholds {text}")
        raise UsageError(what, where="--points", hint="5,10,20 | 10:60:20") from None


def _finite(text: str) -> float:
    value = float(text)
    if not abs(value) < 1e12:
        raise ValueError(text)
    return value


def _hand_over(report: Report, pack: Pack, out: tuple[Path, ...], *, unmasked: bool, as_json: bool) -> None:
    """Write the files asked for, then show the report."""
    from fanzha.detection.backtest.report import to_bytes

    for path in out:
        _write(path, report, unmasked=unmasked)
    if as_json:
        print(to_bytes(report).decode())
    else:
        show(report, pack.words.measures, unmasked=unmasked)
    for path in out:
        note(say(f"已写入 {path}", f"written: {path}"))


def _write(path: Path, report: Report, *, unmasked: bool) -> None:
    if path.suffix == ".json":
        from fanzha.detection.backtest.report import to_bytes

        put(path, to_bytes(report))
    else:
        from fanzha.detection.backtest.paper import pdf

        put(path, pdf(report, unmasked=unmasked))
