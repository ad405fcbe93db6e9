"""Decides which real calls the demo places and what it shows of them: one goes on, one is refused, one passes all the
same for it is an emergency, one is cut in progress.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fanzha.cli.language import say
from fanzha.cli.telephony.endpoint import Message
from fanzha.cli.telephony.site import Site
from fanzha.errors import FanzhaError, PolicyError

if TYPE_CHECKING:
    from fanzha.detection.alert import Alert

HONEST, ANOTHER, VICTIM, EMERGENCY = "13800138000", "13900139000", "13700137000", "110"
_DAY_US = 86_400_000_000
_LISTED = 20  # numbers of the highest alerts that are put on the policy


@dataclass(frozen=True)
class Placed:
    """One call that was placed: what for, between whom, what came of it and in how many milliseconds."""

    what: str
    caller: str
    callee: str
    outcome: str
    why: str
    ms: float


def place_calls(home: Path, alerts: list[Alert]) -> tuple[list[Placed], bool]:
    """The calls that were placed, and whether through the reference edge. Raises FanzhaError where one goes wrong."""
    listed = _publish(home, alerts)
    with Site(home) as site:
        return list(_calls(site, listed)), site.edge


def _publish(home: Path, alerts: list[Alert]) -> Alert:
    """Put the highest alerts' numbers on a policy, as approved measures would be; the first of these alerts."""
    from fanzha.policy import Action, Entry, Subject, Trunk
    from fanzha.policy.publisher import Publisher
    from fanzha.signing.keys import Keys

    now = time.time_ns() // 1000
    chosen = [alert for alert in alerts if alert.entity.kind == "number" and alert.entity.value.startswith("+861")]
    if not chosen:
        raise FanzhaError("the demo found no number to refuse", hint="try another --seed, or more --gangs")
    entries = [
        Entry(
            id=f"demo-{alert.id}",
            subject=Subject.NUMBER,
            value=alert.entity.value,
            action=Action.BLOCK,
            reason="fraud",
            source=f"alert {alert.id}",
            rule=f"{alert.rules[0].id}@{alert.rules[0].version}" if alert.rules else "",
            starts=now,
            expires=now + _DAY_US,
        )
        for alert in {alert.entity.value: alert for alert in reversed(chosen[:_LISTED])}.values()
    ]
    trunk = Trunk(id="demo", owner="演示 demo", peers=("127.0.0.1",), ingress="local")
    Publisher(home / "policy", Keys(home, "policy", PolicyError).secret()).snapshot(entries, trunks=[trunk])
    return chosen[0]


def _calls(site: Site, alert: Alert) -> Iterator[Placed]:
    yield _answered(site, say("普通呼叫", "an ordinary call"), HONEST, ANOTHER)
    listed = alert.entity.value.removeprefix("+86")
    answer, took = site.caller.dial(listed, VICTIM, site.switch).final()
    if answer.code < 400:
        raise FanzhaError(f"a listed number's call was answered {answer.start}", hint="this is a fault of ours")
    yield Placed(
        say("涉诈号码呼叫用户", "a fraud number calls a subscriber"), listed, VICTIM,
        say(f"拦截 {_status(answer)}", f"refused: {_status(answer)}"), _why(answer, alert), took,
    )  # fmt: skip
    yield _answered(site, say("同一号码拨打110", "the same number calls 110"), listed, EMERGENCY)
    yield _cut(site)


def _answered(site: Site, what: str, caller: str, callee: str) -> Placed:
    attempt = site.caller.dial(caller, callee, site.switch)
    answer, took = attempt.final()
    if answer.code != 200:
        raise FanzhaError(f"{what}: {answer.start}", hint="this is a fault of ours")
    attempt.hang_up(answer)
    return Placed(what, caller, callee, say(f"接通 {_status(answer)}", f"answered: {_status(answer)}"), "", took)


def _cut(site: Site) -> Placed:
    attempt = site.caller.dial(HONEST, VICTIM, site.switch)
    attempt.final()
    call = site.in_progress(attempt.id)
    outcome = site.release(call, say("演示：受害人正在通话", "demo: the victim is on the line"))
    if outcome.result != "released":
        raise FanzhaError(f"the call in progress was not cut: {outcome.result} {outcome.why}", hint="a fault of ours")
    attempt.cut()
    return Placed(
        say("正在通话中阻断", "a call in progress is cut"), HONEST, VICTIM,
        say("两侧均已断开", "both legs were ended"),
        say(f"回访工单 {outcome.ticket}", f"call-back ticket {outcome.ticket}"), outcome.micros / 1000,
    )  # fmt: skip


def _status(answer: Message) -> str:
    return answer.start.removeprefix("SIP/2.0 ")


def _why(answer: Message, alert: Alert) -> str:
    """What the switch was told, and the alert behind it."""
    told = answer.first("reason").partition('text="')[2].partition('"')[0]
    return f"{told} ← {say(alert.title.zh, alert.title.en)}"
