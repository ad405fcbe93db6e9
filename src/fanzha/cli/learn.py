"""Decides what `fanzha learn` does: train a challenger on outcomes, show it, release it by two people, go back, watch.

The network is the only one of the lake unless --network says which.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.history import known_of, last_days
from fanzha.cli.language import language, say
from fanzha.cli.moments import check_order, local
from fanzha.cli.terminal import console, note, nothing, progress, show_json, table
from fanzha.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from fanzha.detection.learning.drift import Moved, Report
    from fanzha.detection.learning.shelf import Lineage, Shelf

_HELP = say(
    """从结论中学习的模型：训练挑战者、与现用模型比较、由两人启用、一步撤回、监测漂移。

    \b
    结论（属实、排除、误停、申诉、公安反馈）由工作台写到 FANZHA_HOME/outcomes/网络.jsonl，也可手写，
    每行一个 JSON：kind、value、at、fraud、source，可加 seen（被判断的行为的时刻）。
    模型自成一类证据：抬高规则的预警，从不自己发出预警，单独不足以停机。

    \b
    例
      fanzha learn propose
      fanzha learn show 2
      fanzha learn try 2 --days 30
      fanzha learn release 2 --by 李工 --approved-by 王组长 --why 召回更高
      fanzha learn back --by 王组长 --why 投诉增多
      fanzha learn drift
    """,
    """Models that learn from outcomes: train a challenger, compare it with the champion, release it by two people, go
    back in one act, watch for drift.

    \b
    Outcomes (confirmed, dismissed, wrong stop, appeal upheld, answer of the police) are written by the desk to
    FANZHA_HOME/outcomes/NETWORK.jsonl, or by hand: one JSON object a line with kind, value, at, fraud, source, and
    seen (the moment of the behaviour that was judged) where it is known. A model is one family of evidence: it
    raises alerts that rules gave, gives none by itself, and never suffices to stop anybody.

    \b
    Examples
      fanzha learn propose
      fanzha learn show 2
      fanzha learn try 2 --days 30
      fanzha learn release 2 --by li --approved-by wang --why "finds more"
      fanzha learn back --by wang --why "more complaints"
      fanzha learn drift
    """,
)
_GRADES = {"steady": ("稳定", "steady"), "watch": ("留意", "watch"), "alarm": ("报警", "alarm")}


@click.group("learn", help=_HELP)
def command() -> None:
    """The group."""


@command.command("propose", help=say("训练一个挑战者并提请启用", "train a challenger and propose it"))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@options.network
@click.option("--seed", default=0, type=options.SEED, show_default=True, help=say("随机种子", "seed"))
@click.option("--by", default="cli", show_default=True, help=say("谁训练", "who trains it"))
@options.as_json
def propose(files: tuple[Path, ...], network: str | None, seed: int, by: str, as_json: bool) -> None:
    """Compare it on later outcomes; nothing speaks before two people have released it."""
    home = start.begin()
    from fanzha.detection.learning.learn import learn
    from fanzha.detection.outcomes import Outcomes, path_of, read_outcomes
    from fanzha.records.lake import Lake

    with Lake(home) as lake, progress(say("学习", "learn")) as step:
        name = _network(lake.networks(), network)
        rows = [row for path in files or (path_of(home, name),) for row in read_outcomes(path)]
        made = learn(
            lake,
            Outcomes(rows),
            home=home,
            network=name,
            made_at=_now(),
            made_by=by,
            seed=seed,
            progress=step,
        )
    if as_json:
        show_json(_plain(made, released=False))
        return
    _show_list([made], 0)
    note(
        say(
            f"已提请：fanzha learn show {made.number} 看模型卡，fanzha learn release {made.number} 由两人启用",
            f"proposed: `fanzha learn show {made.number}` has its card, `learn release {made.number}` takes two people",
        )
    )


@command.command("list", help=say("列出各版本", "list the versions"))
@options.network
@options.as_json
def list_versions(network: str | None, as_json: bool) -> None:
    """Every version, and which one speaks."""
    shelf = _shelf(network)
    rows, current = [shelf.lineage(number) for number in shelf.numbers()], shelf.current()
    if as_json:
        show_json([_plain(row, released=row.number == current) for row in rows])
        return
    if not rows:
        console().print(nothing("模型版本", "versions"))
        return
    _show_list(rows, current)
    for act in shelf.acts()[-5:]:
        who = " + ".join(filter(None, (act.by, act.approved_by)))
        what = say("启用", "released") if act.approved_by else say("撤回至", "went back to")
        note(f"{act.at}  {what} {act.number or say('无', 'none')}（{act.was} →）  {who}  {act.why}")


@command.command("show", help=say("显示一个版本的模型卡", "print the card of a version"))
@click.argument("number", type=options.VERSION)
@options.network
@click.option("--html", is_flag=True, help=say("网页格式", "as HTML"))
def show(number: int, network: str | None, html: bool) -> None:
    """The card, in the language of this run."""
    kind = "html" if html else "md"
    print(_shelf(network).file(number, f"card.{language()}.{kind}").decode(), end="")


@command.command("try", help=say("在历史预警上试一个版本", "try a version on the alerts of a stretch of history"))
@click.argument("number", type=options.VERSION)
@options.days
@options.since
@options.until
@click.option(
    "--outcomes",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help=say("处置结果文件（可多次；默认工作台写的）", "a file of outcomes (may be given twice; else the desk's own)"),
)
@options.truth
@options.unmasked
@options.network
@options.rule_folders
@options.as_json
def try_version(
    number: int,
    days: int | None,
    first: datetime | None,
    last: datetime | None,
    files: tuple[Path, ...],
    truth: Path | None,
    unmasked: bool,
    network: str | None,
    directories: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Whose alerts it would have lifted, beside the version that speaks and beside none."""
    if days is not None and first is not None:
        raise UsageError(say("--days 与 --from 只能用一个", "give --days or --from, not both"))
    check_order(first, last)
    home = start.begin()
    from fanzha.cli.tryout import show as show_tryout
    from fanzha.detection.learning.tryout import tryout
    from fanzha.detection.outcomes import path_of
    from fanzha.detection.pack import load_pack
    from fanzha.records.lake import Lake

    with Lake(home) as lake, progress(say("模型试跑", "try a model")) as step:
        name = _network(lake.networks(), network)
        own = (path_of(home, name),) if not files and truth is None and path_of(home, name).is_file() else ()
        if days is not None:
            first, last = last_days(lake, name, days, last)
        found = tryout(
            lake,
            load_pack(start.rule_folders(home, directories), name),
            number,
            home=home,
            network=name,
            start=first,
            end=last,
            outcomes=known_of(files or own, truth),
            temporary=home / "tmp",
            progress=step,
        )
    if as_json:
        print(found.to_json().decode())
        return
    show_tryout(found, unmasked=unmasked)


@command.command("release", help=say("启用一个版本（需两人）", "let a version speak (two people)"))
@click.argument("number", type=options.VERSION)
@click.option("--by", required=True, help=say("提请人", "who asks for it"))
@click.option("--approved-by", required=True, help=say("批准人", "who approves"))
@click.option("--why", required=True, help=say("理由", "why"))
@options.network
@options.as_json
def release(number: int, by: str, approved_by: str, why: str, network: str | None, as_json: bool) -> None:
    """Every scan, watch and explanation from now on hears it."""
    act = _shelf(network).release(number, by=by, approved_by=approved_by, why=why, at=_now())
    _told(act, as_json)


@command.command("back", help=say("撤回最近一次启用，前一版立即恢复", "take the newest release back: one act"))
@click.option("--by", required=True, help=say("谁", "who"))
@click.option("--why", required=True, help=say("理由", "why"))
@options.network
@options.as_json
def back(by: str, why: str, network: str | None, as_json: bool) -> None:
    """One person is enough to stop a model."""
    _told(_shelf(network).back(by=by, why=why, at=_now()), as_json)


@command.command("drift", help=say("输入与得分的漂移（PSI）", "how far inputs and scores have moved (PSI)"))
@click.option("--version", "number", default=0, help=say("版本，默认现用", "version; the released one by default"))
@options.until
@options.network
@options.as_json
def drift(number: int, last: datetime | None, network: str | None, as_json: bool) -> None:
    """Compare the last days with those before the version learnt: a draw of everybody, and whoever called much."""
    home = start.begin()
    from fanzha.detection.learning.drift import drift as measure
    from fanzha.detection.learning.drift import path_of
    from fanzha.detection.learning.shelf import Shelf
    from fanzha.detection.outcomes import put_in_place
    from fanzha.records.lake import Lake

    with Lake(home) as lake, progress(say("漂移", "drift")) as step:
        name = _network(lake.networks(), network)
        end = last or lake.span(name)[1] or datetime.now(UTC)
        found = measure(lake, home=home, network=name, end=end, number=number, progress=step)
    shelf = Shelf(home, name)
    if found.number == shelf.current():
        put_in_place(path_of(shelf), found.to_json())  # the desk shows the last look
    if as_json:
        print(found.to_json().decode(), end="")
        return
    _show_drift(found)


def _show_drift(found: Report) -> None:
    """Both groups, the furthest fields first, and in a sentence what changed."""
    console().print(_moves(say("随机抽取的号码", "a draw of everybody"), found.score, found.fields))
    note(
        say(
            f"第 {found.number} 版：{say(*_GRADES[found.grade])}（{found.rows} 个号码，训练前 {found.then_rows} 个）",
            f"v{found.number}: {say(*_GRADES[found.grade])} ({found.rows} numbers, {found.then_rows} before it learnt)",
        )
    )
    crowd = found.busy
    if crowd is None:
        note(say("繁忙主叫太少，未作比较", "too few busy callers to compare, or the version is older than this look"))
        return
    console().print(_moves(say("繁忙主叫", "busy callers"), crowd.score, crowd.fields))
    there, said = crowd.there, crowd.said
    note(
        say(
            f"繁忙主叫 {there.then:.0f} → {there.now:.0f} 个（{say(*_GRADES[there.grade])}），"
            f"其中模型认为涉诈 {said.then:.0f} → {said.now:.0f} 个（{say(*_GRADES[said.grade])}）",
            f"busy callers {there.then:.0f} -> {there.now:.0f} ({say(*_GRADES[there.grade])}), of whom the model calls "
            f"fraud {said.then:.0f} -> {said.now:.0f} ({say(*_GRADES[said.grade])})",
        )
    )


def _moves(group: str, score: Moved, fields: list[Moved]) -> Table:
    from fanzha.detection.learning.reference import SCORE
    from fanzha.profiles.fields import BY_NAME, EntityKind
    from fanzha.profiles.labels import words

    made = table(
        group, say("字段", "field"), "PSI", say("原均值", "mean then"), say("现均值", "mean now"), say("判断", "grade"),
        right=(2, 3, 4),
    )  # fmt: skip
    for each in (score, *fields[:10]):
        title = say("得分", "score") if each.name == SCORE else say(*words(BY_NAME[each.name], EntityKind.NUMBER))
        then, now = ("–" if value is None else f"{value:.3g}" for value in (each.then, each.now))
        made.add_row(title, each.name, f"{each.psi:.3f}", then, now, say(*_GRADES[each.grade]))
    return made


def _shelf(network: str | None) -> Shelf:
    home = start.begin()
    from fanzha.detection.learning.shelf import Shelf
    from fanzha.records.lake import Lake

    with Lake(home) as lake:
        return Shelf(home, _network(lake.networks(), network))


def _network(known: list[str], asked: str | None) -> str:
    from fanzha.errors import UsageError

    if asked is None and len(known) == 1:
        return known[0]
    if asked is None or asked not in known:
        what = say("请说明是哪个网络", "say which network") if asked is None else say("没有此网络", "no such network")
        raise UsageError(what, where=asked or "--network", hint=", ".join(known) or "fanzha import FILES")
    return asked


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _told(act: Any, as_json: bool) -> None:
    if as_json:
        show_json({name: getattr(act, name) for name in act.__struct_fields__})
    elif act.number:
        note(say(f"现用：第 {act.number} 版（原第 {act.was} 版）", f"v{act.number} speaks now (before: v{act.was})"))
    else:
        note(say("现在没有模型发言", "no model speaks now"))


def _plain(row: Lineage, *, released: bool) -> dict[str, Any]:
    import msgspec

    return {"released": released, **msgspec.to_builtins(row)}


def _show_list(rows: list[Lineage], current: int) -> None:
    made = table(
        say("版本", "version"),
        say("现用", "speaks"),
        say("训练于", "made"),
        say("学自", "learnt from"),
        say("比较于", "compared on"),
        "AUC",
        say("平均精度", "average precision"),
        say("比现用", "beside the champion"),
        right=(0, 5, 6),
    )
    words = {
        "first": ("首个", "first"),
        "better": ("更好", "better"),
        "alike": ("相当", "alike"),
        "worse": ("更差", "worse"),
    }
    for row in rows:
        found, side = row.contest, row.contest.challenger.figures
        made.add_row(
            str(row.number),
            "●" if row.number == current else "",
            local(datetime.fromisoformat(row.made_at))[:16],
            str(sum(row.learnt.values())),
            str(found.rows),
            f"{side['auc'].value:.3f}",
            f"{side['average_precision'].value:.3f}",
            say(*words[found.advice]),
        )
    console().print(made)
