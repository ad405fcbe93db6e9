"""Decides how `fanzha parity` shows what was decided live beside what history decides, and how it ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, count, foreign, progress, show_json, table
from fanzha.cli.watch import state_of, watched

if TYPE_CHECKING:
    from fanzha.detection.parity.report import Brief, Cause, Difference, Parity

UNEXPLAINED = 9  # exit code
_SHOWN = 40
_HELP = say(
    """把 fanzha watch 当时的判定与数据湖重放的判定逐条比较；每处差异都给出经过证实的原因。

    \b
    先照日志原样重做一遍（同样的批次、规则、停机），须逐字相同；再逐一去掉一个因素重放：
    停机重启、规则版本、参考表装载时间、内存上限、到达次序。去掉哪个因素差异就消失，原因就是哪个。
    比较最近 --days 天有动静的预警；画像取全部历史。用当前规则重放。watch 正在运行也可以。
    退出码 9：有差异无法解释。

    \b
    例
      fanzha parity
      fanzha parity --days 7 --json
    """,
    """Compare what fanzha watch decided live with what a replay of the lake decides: every difference and its cause.

    \b
    First the watcher's course is done again as its journal says (same batches, rules, stops): it must say
    the same, word for word. Then one circumstance after the other is taken away: restarts, rule versions,
    reference tables loaded later, bounded memory, the order of arrival. Where a difference goes away with
    one of them, that one is its cause.
    Alerts seen in the last --days are compared; profiles rest on the whole history. History is replayed
    under the rules as they are now. The watcher may go on working meanwhile.
    Exit code 9: some difference is unexplained.

    \b
    Examples
      fanzha parity
      fanzha parity --days 7 --json
    """,
)
_WHAT = {
    "altered": ("预警行被改动", "alert rows altered"),
    "only_live": ("仅实时", "live only"),
    "only_replay": ("仅重放", "replay only"),
    "cut_otherwise": ("分段不同（静默期）", "cut otherwise (silence)"),
    "differs": ("内容不同", "differs"),
}
_CAUSES = {
    "late": ("话单晚到", "late record"),
    "version": ("规则版本变化", "version change"),
    "model": ("模型更换", "other model"),
    "restart": ("重启", "restart"),
    "references": ("参考表后到", "reference table loaded later"),
    "forgotten": ("早已结束的预警不再保留", "long closed alert no longer kept"),
    "memory": ("画像让位（内存上限）", "evicted profile"),
    "program": ("程序版本变化", "program changed"),
    "unrecorded": ("日志之外", "not in the journal"),
    "deleted": ("话单已过保存期删除", "records deleted since"),
}


@click.command("parity", help=_HELP)
@click.option(
    "--days",
    type=click.IntRange(1, 31),
    default=7,
    show_default=True,
    help=say("比较最近几天", "how many days back"),
)
@options.network
@options.unmasked
@options.rule_folders
@options.as_json
def command(days: int, network: str | None, unmasked: bool, directories: tuple[Path, ...], as_json: bool) -> None:
    """See the help."""
    home = start.begin()
    import msgspec

    from fanzha.detection.pack import load_pack
    from fanzha.detection.parity.parity import compare
    from fanzha.records.lake import Lake

    network = watched(home, network)
    pack = load_pack(start.rule_folders(home, directories), network)
    with Lake(home) as lake, progress(say("比对", "parity")) as step:
        found = compare(
            lake,
            pack,
            state_of(home, network),
            network=network,
            days=days,
            temporary=home / "tmp",
            progress=lambda what, share: step(what, share),
        )
    if as_json:
        show_json(msgspec.to_builtins(found))
    else:
        _show(found, unmasked)
    click.get_current_context().exit(UNEXPLAINED if found.unexplained else 0)


def _show(found: Parity, unmasked: bool) -> None:
    out = console()
    calls, late = count(found.calls), count(found.late)
    out.print(
        say(
            f"{calls} 次通话（晚到 {late}），启动 {found.starts} 次，规则 {found.packs} 版",
            f"{calls} calls ({late} of them late), {found.starts} starts, {found.packs} versions of the rules",
        )
    )
    if found.unjudged or found.deleted:
        waiting, gone = count(found.unjudged), count(found.deleted)
        out.print(say(f"湖中待判 {waiting}，已删除 {gone}", f"waiting in the lake {waiting}, deleted since {gone}"))
    if found.differences:
        first = sorted(found.differences, key=lambda each: bool(each.causes))  # what nothing explains stands above
        out.print(_table(first[:_SHOWN], unmasked))
    if len(found.differences) > _SHOWN:
        rest = len(found.differences) - _SHOWN
        out.print(say(f"… 另有 {rest} 处（--json 给出全部）", f"... and {rest} more (--json gives every one)"))
    if found.unproven:
        out.print(
            say(
                f"其中 {found.unproven} 条只有记录为凭，无法原样重做（程序、规则或话单已不在）",
                f"{found.unproven} of them rest on what was written down: what judged them cannot be run again",
            )
        )
    colour = "red" if found.unexplained else "green"
    out.print(
        say(
            f"{found.since[:10]} 起 {found.stories} 条：相同 {found.same}，不同 {found.differing}，"
            f"[{colour}]无法解释 {found.unexplained}[/]",
            f"since {found.since[:10]} {found.stories} stories: {found.same} the same, {found.differing} differ, "
            f"[{colour}]{found.unexplained} unexplained[/]",
        )
    )


def _table(differences: list[Difference], unmasked: bool) -> object:
    from fanzha import numbering

    columns = (say("对象", "entity"), say("手法", "scheme"), say("差异", "difference"))
    made = table(*columns, say("实时", "live"), say("重放", "replay"), say("原因", "cause"))
    for each in differences:
        fields = ", ".join(each.fields)
        told = f"{say(*_WHAT[each.what])}{': ' if fields else ''}{fields}"
        causes = "; ".join(_cause(cause) for cause in each.causes) or f"[red]{say('无法解释', 'unexplained')}"
        value = each.value if unmasked or each.kind != "number" else numbering.mask(each.value)
        made.add_row(foreign(value), each.scheme, told, _brief(each.live), _brief(each.replay), causes)
    return made


def _brief(alerts: list[Brief]) -> str:
    told = (f"{alert.score:.1f} {local(datetime.fromisoformat(alert.first_seen))[5:16]}" for alert in alerts)
    return "; ".join(told) or "-"


def _cause(cause: Cause) -> str:
    """The cause and, where there is one, the first thing that shows it."""
    shown = say(*_CAUSES[cause.name])
    evidence = cause.evidence
    if cause.name == "late" and evidence.get("own"):
        first = evidence["own"][0]
        shown += say(
            f"（话单 {first['record']}，共 {evidence['own_late_calls']} 条）",
            f" (record {first['record']}, {evidence['own_late_calls']} in all)",
        )
    elif cause.name == "version" and evidence.get("last"):
        rules = sorted({rule for change in evidence["last"] for rule in change["rules"]})
        shown += f" ({', '.join(rules[:3])})" if rules else ""
    elif cause.name == "restart":
        shown += f" ({evidence['restarts']})"
    elif cause.name == "memory":
        shown += f" ({evidence['profiles_given_up']})"
    return shown
