"""Decides what `fanzha calls` shows of the calls in progress, and what it takes to cut one."""

from __future__ import annotations

import asyncio
import getpass
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.terminal import console, foreign, nothing, show_json, table
from fanzha.errors import FanzhaError, UsageError

if TYPE_CHECKING:
    from fanzha.gateway.live.livecalls import LiveCall, LiveCalls, Outcome

T = TypeVar("T")
_EVERY_S = 1.0
_STATES = {"talking": say("通话中", "talking"), "ringing": say("振铃", "ringing")}
_RESULTS = {
    "released": say("已阻断，两侧均已确认", "cut, both legs are proven gone"),
    "half": say("只有一侧确认断开，请立即人工处理", "only one leg is proven gone: see to it at once"),
    "unproven": say("已下令，但两侧均未确认断开", "commanded, but neither leg was seen to end"),
    "refused": say("不予阻断", "refused"),
    "gone": say("呼叫此前已结束", "the call had already ended"),
    "unknown": say("没有这个呼叫", "no such call"),
}
_HELP = say(
    """正在进行的呼叫：谁、多久、网关怎么判、有何标记。由 fanzha hep 跟踪。

    \b
    号码默认掩码，--full 显示全号。--release 阻断一个（须写 --reason）：两侧都看到断开才算成功，
    并为用户生成五分钟内人工回访的工单；紧急与公共服务呼叫一律不断。

    \b
    例
      fanzha calls
      fanzha calls --watch
      fanzha calls --json --full
      fanzha calls --release a84b4c76e66710@10.0.0.1 --reason "受害人正在被骗，所长已批准"
    """,
    """The calls in progress: who, how long, the gateway's verdict, which flags. fanzha hep follows them.

    \b
    Numbers are masked; --full shows them. --release cuts one (--reason is needed): it counts as done when both legs
    were seen to end, and makes a ticket to call the subscriber back within five minutes. Calls to emergency and
    public-service numbers are never cut.

    \b
    Examples
      fanzha calls
      fanzha calls --watch
      fanzha calls --json --full
      fanzha calls --release a84b4c76e66710@10.0.0.1 --reason "victim on the line, approved by the duty officer"
    """,
)


@click.command("calls", help=_HELP)
@click.option("--watch", is_flag=True, help=say("每秒刷新，Ctrl-C 结束", "again every second, until Ctrl-C"))
@click.option("--full", is_flag=True, help=say("显示全号", "numbers in full"))
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help=say("条数", "how many"))
@click.option("--counts", is_flag=True, help=say("收到、丢失、写出的计数", "what was received, lost and written"))
@click.option("--release", "id_", metavar="ID", help=say("阻断这个呼叫", "cut this call"))
@click.option("--reason", default="", help=say("阻断理由", "why it is cut"))
@click.option(
    "--victim",
    type=click.Choice(["caller", "callee"]),
    default="callee",
    show_default=True,
    help=say("回访谁", "who is called back"),
)
@options.as_json
def command(
    watch: bool,
    full: bool,
    limit: int,
    counts: bool,
    id_: str | None,
    reason: str,
    victim: Literal["caller", "callee"],
    as_json: bool,
) -> None:
    """See the help."""
    home = start.begin()
    from fanzha.gateway.live.service import CONTROL, FOLDER

    place = home / FOLDER / CONTROL
    if id_ is not None:
        _release(place, id_, reason, victim, as_json)
    elif counts:
        _show_counts(_asked(place, lambda calls: calls.counts()), as_json)
    elif watch:
        while True:
            calls = _asked(place, lambda calls: calls.calls(limit))
            if sys.stdout.isatty():
                console().clear()
            _show(calls, full, as_json)
            time.sleep(_EVERY_S)
    else:
        _show(_asked(place, lambda calls: calls.calls(limit)), full, as_json)


def _asked(place: Path, question: Callable[[LiveCalls], Awaitable[T]]) -> T:
    from fanzha.gateway.live.remote import RemoteCalls

    async def ask() -> T:
        remote = RemoteCalls(place)
        try:
            return await question(remote)
        finally:
            await remote.close()

    return asyncio.run(ask())


def _release(place: Path, id_: str, reason: str, victim: Literal["caller", "callee"], as_json: bool) -> None:
    if not reason.strip():
        raise UsageError("why is this call cut? (须注明理由)", where="--reason", hint='--reason "..."')
    outcome: Outcome = _asked(place, lambda calls: calls.release(id_, getpass.getuser(), reason, victim))
    if as_json:
        show_json({name: getattr(outcome, name) for name in outcome.__struct_fields__})
    words = _RESULTS.get(outcome.result, outcome.result) + (f": {outcome.why}" if outcome.why else "")
    if outcome.result != "released":
        raise FanzhaError(words, where=id_)
    if not as_json:
        ticket = say(f"回访工单 {outcome.ticket}", f"call-back ticket {outcome.ticket}")
        console().print(f"{words} ({outcome.micros / 1000:.1f} ms). {ticket}")


def _show(calls: list[LiveCall], full: bool, as_json: bool) -> None:
    from fanzha.numbering import mask

    hide: Callable[[str], str] = (lambda text: text) if full else mask
    if as_json:
        show_json([_plain(call, hide) for call in calls])
        return
    out = console()
    if not calls:
        out.print(nothing("正在进行的呼叫", "calls in progress"))
        return
    now = time.time()
    names = (
        say("时长", "lasts"), say("状态", "state"), say("主叫", "caller"), say("被叫", "callee"), say("中继", "trunk"),
        say("判定", "verdict"), say("标记", "flags"), "id",
    )  # fmt: skip
    shown = table(*names, right=(0,))
    for call in calls:
        lasts = int(now - (call.answered or call.started) / 1e6)
        caller = foreign(hide(call.caller)) if call.caller else say("（隐藏）", "(withheld)")
        flags = " ".join((*call.flags, *([call.release] if call.release else [])))
        state = _STATES.get(call.state, call.state)
        shown.add_row(
            f"{lasts // 60}:{lasts % 60:02d}",
            state,
            caller,
            foreign(hide(call.callee)),
            foreign(call.trunk),
            call.verdict.lower(),
            foreign(flags),
            foreign(call.id),
        )
    out.print(shown)


def _plain(call: LiveCall, hide: Callable[[str], str]) -> dict[str, Any]:
    plain = {name: getattr(call, name) for name in call.__struct_fields__}
    for name in ("caller", "callee", "forwarded_from"):
        plain[name] = hide(plain[name]) if plain[name] else plain[name]
    return plain


def _show_counts(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        show_json(counts)
        return
    shown = table(say("计数", "count"), "", right=(1,))
    for name, value in counts.items():
        shown.add_row(name, f"{value:,}")
    console().print(shown)
