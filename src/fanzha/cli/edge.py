"""Decides what `fanzha edge` does: start the reference edge, keep its rules up to date, and say how it fares."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.terminal import console, count, note, show_json, table
from fanzha.errors import FanzhaError

if TYPE_CHECKING:
    from fanzha.gateway.edge.counts import Status
    from fanzha.gateway.edge.settings import Settings
    from fanzha.gateway.edge.source import CurrentRules

_HELP = say(
    """参考边缘（Kamailio）：确定性规则在其内执行（引擎不在也拦），判定向引擎询问（问不到即放行并计数）。

    \b
    设置在 edge.yaml（见 docs/edge.md）；运行目录默认 FANZHA_HOME/edge；策略取自 FANZHA_HOME/policy。

    \b
    例
      fanzha edge start --settings edge.yaml
      fanzha edge compile --settings edge.yaml
      fanzha edge push --settings edge.yaml
      fanzha edge status --settings edge.yaml
    """,
    """The reference edge (Kamailio): plain rules are enforced inside it, engine or no engine; the verdict is
    asked of an engine, and without one the call goes on and is counted.

    \b
    Settings are in edge.yaml (docs/edge.md); the run folder is FANZHA_HOME/edge; policy comes from FANZHA_HOME/policy.

    \b
    Examples
      fanzha edge start --settings edge.yaml
      fanzha edge compile --settings edge.yaml
      fanzha edge push --settings edge.yaml
      fanzha edge status --settings edge.yaml
    """,
)
CONFIG = Path(__file__).parents[3] / "deploy" / "kamailio" / "kamailio.cfg"
settings_option = click.option(
    "--settings", "path", required=True, type=click.Path(path_type=Path), help=say("设置文件 edge.yaml", "edge.yaml")
)
run_option = click.option(
    "--run",
    type=click.Path(path_type=Path),
    help=say("运行目录（默认 FANZHA_HOME/edge）", "run folder [FANZHA_HOME/edge]"),
)
policy_option = click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help=say("策略目录（默认 FANZHA_HOME/policy）", "policy folder [FANZHA_HOME/policy]"),
)
trust_option = click.option(
    "--trust", multiple=True, help=say("信任的签发公钥：文件或十六进制", "public key obeyed: a file, or hex")
)


@click.group("edge", help=_HELP)
def command() -> None:
    """The group."""


@command.command("start", help=say("启动 Kamailio 并持续下发规则", "start Kamailio and keep its rules up to date"))
@settings_option
@run_option
@policy_option
@trust_option
@click.option("--config", type=click.Path(path_type=Path), help=say("kamailio.cfg 的位置", "where kamailio.cfg is"))
def start_(path: Path, run: Path | None, policy: Path | None, trust: tuple[str, ...], config: Path | None) -> None:
    """Until SIGTERM or Ctrl-C."""
    home = start.begin()
    from fanzha.gateway.edge.running import kept, prepare, run_edge
    from fanzha.gateway.log import log_to_stderr

    settings, rules = _read(path), _rules(home, path, policy, trust)
    folder = run or home / "edge"
    note(say("正在准备；首次启动要编译约一分钟", "getting ready; a first start compiles for a minute"))
    log_to_stderr()
    with kept(folder):
        prepare(folder, settings, config or CONFIG, rules)
        code = run_edge(folder, settings, rules, _stopped())
    if code:
        raise FanzhaError(f"Kamailio ended with {code}", where=str(folder), hint="its last words stand above")
    note(say("边缘已停下", "the edge has stopped"))


@command.command("compile", help=say("只写出冷启动用的规则表", "write the tables for a cold start, nothing else"))
@settings_option
@run_option
@policy_option
@trust_option
def compile_(path: Path, run: Path | None, policy: Path | None, trust: tuple[str, ...]) -> None:
    """For hosts where something else starts Kamailio."""
    home = start.begin()
    from fanzha.errors import PolicyError
    from fanzha.gateway.edge.rundir import SNAPSHOT
    from fanzha.gateway.edge.snapshot import write_snapshot

    rules = _rules(home, path, policy, trust)()
    if rules is None:
        raise PolicyError("there is no policy", where=str(policy or home / "policy"), hint="fanzha policy build FILE")
    folder = (run or home / "edge") / SNAPSHOT
    write_snapshot(folder, rules)
    rows = count(len(rules.rows))
    note(say(f"策略 {rules.version}：{rows} 行，在 {folder}", f"policy {rules.version}: {rows} rows in {folder}"))


@command.command("push", help=say("只持续下发规则（Kamailio 另行启动）", "keep a running Kamailio's rules up to date"))
@settings_option
@run_option
@policy_option
@trust_option
def push(path: Path, run: Path | None, policy: Path | None, trust: tuple[str, ...]) -> None:
    """Until SIGTERM or Ctrl-C; waits for Kamailio, also again."""
    home = start.begin()
    from fanzha.gateway.edge.alarm import Alarm
    from fanzha.gateway.edge.pusher import Pusher, keep_pushed
    from fanzha.gateway.edge.rpc import Rpc
    from fanzha.gateway.edge.rundir import SNAPSHOT, rpc_address
    from fanzha.gateway.log import log_to_stderr

    folder = run or home / "edge"
    log_to_stderr()
    with Rpc(rpc_address(_read(path), folder)) as rpc:
        keep_pushed(
            Pusher(rpc), _rules(home, path, policy, trust), folder / SNAPSHOT, _stopped(), alarm=Alarm(rpc).look
        )


@command.command("status", help=say("计数、熔断、引擎与策略版本", "counters, breaker, engines, policy version"))
@settings_option
@run_option
@options.as_json
def status_(path: Path, run: Path | None, as_json: bool) -> None:
    """Of a running edge."""
    home = start.begin()
    import msgspec

    from fanzha.gateway.edge.counts import status
    from fanzha.gateway.edge.rpc import Rpc
    from fanzha.gateway.edge.rundir import rpc_address

    with Rpc(rpc_address(_read(path), run or home / "edge")) as rpc:
        found = status(rpc)
    if as_json:
        show_json({**msgspec.to_builtins(found), "pending": found.pending})
    else:
        _show(found)


def _show(found: Status) -> None:
    from fanzha.gateway.edge.counts import OUTCOMES, WORDS

    shown = table(say("结果", "outcome"), say("呼叫", "calls"), right=(1,))
    for name in OUTCOMES:
        shown.add_row(f"{name} {say(*WORDS[name])}", count(found.counts.get(name, 0)))
    shown.add_row(say("待判", "pending"), count(found.pending))
    shown.add_row(say("合计", "all calls"), count(found.calls))
    console().print(shown)
    others = table(say("其他计数", "other counters"), "", right=(1,))
    for name, value in found.counts.items():
        if name not in OUTCOMES and value:
            others.add_row(name, count(value))
    console().print(others)
    up = {True: say("可用", "up"), False: say("不可用", "down")}
    for uri, good in {**found.engines, **found.next_hops}.items():
        failed = found.failing.get(uri, 0)
        print(f"{uri}  {up[good]}" + (say(f"，刚失败 {failed} 次", f", {failed} failures just now") if failed else ""))
    print(say(f"策略版本 {found.policy_version}", f"policy version {found.policy_version}"))
    print(say(f"进行中 {found.in_progress}", f"{found.in_progress} calls in progress"))


def _read(path: Path) -> Settings:
    from fanzha.gateway.edge.settings import read_settings

    return read_settings(path)


def _rules(home: Path, path: Path, policy: Path | None, trust: tuple[str, ...]) -> CurrentRules:
    from fanzha.gateway.edge.rules import Local
    from fanzha.gateway.edge.settings import groups
    from fanzha.gateway.edge.source import CurrentRules
    from fanzha.gateway.settings import obeyed_keys
    from fanzha.policy.store import PolicyStore

    settings = _read(path)
    store = PolicyStore(policy or home / "policy", set(obeyed_keys(home, trust)))
    store.load()
    return CurrentRules(store, Local(groups(settings), settings.rate))


def _stopped() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
