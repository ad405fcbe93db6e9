"""Decides what `fanzha verdicts` tells of answers at call time: why one was given, what a policy would have given."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.moments import check_order, local
from fanzha.cli.scan import network_of
from fanzha.cli.terminal import console, count, foreign, nothing, progress, show_json, table

if TYPE_CHECKING:
    from fanzha.gateway.call import Call
    from fanzha.gateway.segment import Line
    from fanzha.gateway.verdict import Verdict
    from fanzha.policy import Policy

_HELP = say(
    """裁决：呼叫时给出的应答，为什么；换一份策略会怎样。

    \b
    例
      fanzha verdicts show 3848276298220188511@10.0.0.7     某个呼叫的裁决与理由
      fanzha verdicts store                                 把已写完的裁决记录收进数据湖
      fanzha verdicts try --from 2026-11-01 --to 2026-11-07 用现行策略重放历史话单
    """,
    """Verdicts: the answers given at call time, and why; and what a policy would have answered.

    \b
    Examples
      fanzha verdicts show 3848276298220188511@10.0.0.7     the verdicts on one call, and their reasons
      fanzha verdicts store                                 take closed verdict segments into the lake
      fanzha verdicts try --from 2026-11-01 --to 2026-11-07 replay past calls with the policy in force
    """,
)
_TRY = say(
    "用现行策略重放湖里的话单：会放行、标记、拦截哪些（不影响任何呼叫）",
    "what the policy in force would have answered to the calls in the lake; no call is touched",
)


@click.group("verdicts", help=_HELP)
def command() -> None:
    """The group."""


@command.command("show", help=say("某个呼叫的裁决", "the verdicts on one call"))
@click.argument("key")
@options.as_json
def show(key: str, as_json: bool) -> None:
    """By the switch's own call id, newest first."""
    home = start.begin()
    import msgspec

    from fanzha.gateway.verdictlog import find

    found = sorted(find(home / "gateway" / "verdicts", key), key=lambda line: -line.verdict.at)
    if as_json:
        show_json(msgspec.to_builtins(found))
    elif found:
        for line in found:
            _show(line)
    else:
        console().print(nothing("该呼叫的裁决记录", "verdict on that call"))


def _show(line: Line) -> None:
    from fanzha.numbering import display, mask

    verdict, out = line.verdict, console()
    caller, callee = (mask(display(number, raw)) for number, raw in _parties(line))
    when = local(datetime.fromtimestamp(verdict.at / 1e6, UTC))
    answer = f"[bold]{verdict.action.name}[/] {verdict.code} {foreign(verdict.phrase)}"
    out.print(f"{when}  {foreign(caller)} -> {foreign(callee)}  {answer}")
    for reason in verdict.reasons:
        out.print(f"  {reason.code}  {say(reason.zh, reason.en)}  {foreign(reason.by)}  ({reason.action.name})")
    if verdict.degraded:
        out.print(f"  {say('当时未知', 'not known then')}: {', '.join(verdict.degraded)}")
    if line.call.fault is not None:
        out.print(f"  {say('报文不合规', 'the question broke SIP')}: {foreign(line.call.fault)}")
    version = say(f"策略 {verdict.policy_version}", f"policy {verdict.policy_version}")
    out.print(f"  {version}  {verdict.micros} us  {say('中继', 'trunk')} {foreign(line.trunk or '-')}")


def _parties(line: Line) -> tuple[tuple[int, str | None], tuple[int, str | None]]:
    return (line.caller, line.call.caller), (line.callee, line.call.callee)


@command.command("store", help=say("把写完的裁决段收进数据湖", "take closed segments into the lake"))
@click.option(
    "--network", default="default", type=options.NETWORK, show_default=True, help=say("哪个网络", "whose network")
)
@options.as_json
def store(network: str, as_json: bool) -> None:
    """What is there already adds nothing."""
    home = start.begin()
    from fanzha.gateway.verdictrows import take_in
    from fanzha.records.lake import Lake

    with Lake(home) as lake:
        stored = take_in(home / "gateway" / "verdicts", lake, network)
    if as_json:
        show_json({"stored": stored, "network": network})
    else:
        console().print(say(f"收进 {count(stored)} 条裁决", f"{count(stored)} verdicts stored"))


@command.command("try", help=_TRY)
@options.since
@options.until
@options.network
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=say("策略目录（默认 FANZHA_HOME/policy）", "folder of the policy [FANZHA_HOME/policy]"),
)
@click.option(
    "--limit",
    default=20,
    type=options.ROWS,
    show_default=True,
    help=say("最多列多少主叫", "at most so many callers"),
)
@options.as_json
def attempt(
    first: datetime | None, last: datetime | None, network: str | None, folder: Path | None, limit: int, as_json: bool
) -> None:
    """Counts by answer, by reason, and the callers who would have been stopped most."""
    check_order(first, last)
    home = start.begin()
    from fanzha.gateway.replay import replay
    from fanzha.records.lake import Lake

    policy = _policy(home, folder)
    tally = _Tally()
    with Lake(home) as lake:
        if network is not None:
            network_of(lake, network)
        begin, end = first or _bound(lake, "first"), last or _bound(lake, "last")
        if begin is not None and end is not None:
            with progress(say("重放", "replay")) as step:
                for call, verdict in replay(lake, policy, start=begin, end=end, network=network):
                    tally.take(call, verdict)
                    if tally.calls % 5000 == 0:
                        step(count(tally.calls), (call.at / 1e6 - begin.timestamp()) / (end - begin).total_seconds())
    if as_json:
        show_json(tally.summary(policy.version, limit))
    else:
        tally.show(limit)


class _Tally:
    """What a replay found."""

    def __init__(self) -> None:
        self.calls = 0
        self.actions: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.stopped: Counter[str] = Counter()

    def take(self, call: Call, verdict: Verdict) -> None:
        """One verdict. Whoever is stopped is told by number: it is the caller whom it would have hit."""
        from fanzha.policy import Action

        self.calls += 1
        self.actions[verdict.action.name.lower()] += 1
        for reason in verdict.reasons:
            self.reasons[reason.code, reason.action.name.lower()] += 1
        if verdict.action >= Action.LIMIT:
            self.stopped[call.caller or "withheld"] += 1

    def summary(self, version: int, limit: int) -> dict[str, Any]:
        """For machines; callers in full."""
        reasons = [{"code": code, "action": action, "calls": n} for (code, action), n in self.reasons.most_common()]
        return {
            "policy_version": version,
            "calls": self.calls,
            "actions": dict(self.actions),
            "reasons": reasons,
            "callers_stopped": len(self.stopped),
            "most_stopped": [{"caller": caller, "calls": n} for caller, n in self.stopped.most_common(limit)],
        }

    def show(self, limit: int) -> None:
        """For people; callers masked."""
        from fanzha.numbering import mask

        out = console()
        if not self.calls:
            out.print(nothing("话单", "calls in that time"))
            return
        answers = ", ".join(f"{name} {count(calls)}" for name, calls in self.actions.most_common())
        out.print(say(f"{count(self.calls)} 个呼叫：{answers}", f"{count(self.calls)} calls: {answers}"))
        made = table(say("理由", "reason"), say("动作", "action"), say("呼叫数", "calls"), right=(2,))
        for (code, action), calls in self.reasons.most_common():
            made.add_row(code, action, count(calls))
        if self.reasons:
            out.print(made)
        stopped = count(len(self.stopped))
        out.print(say(f"会被拦住的主叫：{stopped} 个", f"callers who would have been stopped: {stopped}"))
        for caller, calls in self.stopped.most_common(limit):
            out.print(f"  {mask(caller)}  {count(calls)}", markup=False)


def _policy(home: Path, folder: Path | None) -> Policy:
    from fanzha.errors import PolicyError
    from fanzha.policy import PolicyStore
    from fanzha.signing.keys import Keys

    place = folder or home / "policy"
    policy = PolicyStore(place, Keys(home, "policy", PolicyError).trusted()).load()
    if policy is None:
        raise PolicyError("there is no policy", where=str(place), hint="fanzha policy build FILE, or give --folder")
    return policy


def _bound(lake: Any, which: str) -> datetime | None:
    """When the first call of the lake started, or a moment after the last one."""
    parts = lake.manifest.parts("calls")
    if not parts:
        return None
    micros = min(part.first for part in parts) if which == "first" else max(part.last for part in parts) + 1_000_000
    return datetime.fromtimestamp(micros / 1e6, UTC)
