"""Decides what the tour's steps are: who does what on which page, what is pointed at, and when a step is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fanzha.desk.appeals.choices import State as AppealState
from fanzha.desk.measures.choices import State
from fanzha.desk.tour.progress import Facts, Progress

Words = Promise | str
Button = Literal["", "next", "call"]


@dataclass(frozen=True)
class Step:
    """One step. `who`: a login, "" for whoever proposes. `done` and `where` look at the facts. `targets`: selectors, of
    which the first that is there is pointed at. `fill`: names of form fields and what may be filled in for the reader.
    `views`: where it may be done.
    """

    id: str
    who: str
    title: Words
    text: Words
    done: Callable[[Facts, Progress], bool]
    where: Callable[[Facts], str]
    views: tuple[str, ...]
    targets: tuple[str, ...] = ()
    fill: Mapping[str, Words | bool] = field(default_factory=dict)
    button: Button = ""


def _measure(facts: Facts) -> str:
    return reverse("measures:detail", args=[facts.measure.pk]) if facts.measure else reverse("measures:list")


def _appeal(facts: Facts) -> str:
    return reverse("appeals:detail", args=[facts.appeal.pk]) if facts.appeal else reverse("appeals:queue")


def _trail(facts: Facts) -> str:
    return reverse("audit:list") + (f"?kind=measure&subject={facts.measure.pk}" if facts.measure else "")


def _decided(facts: Facts, _progress: Progress) -> bool:
    return facts.measure is not None and facts.measure.state not in (State.PROPOSED, State.ACTIVE)


STEPS = (
    Step(
        "read", "", _("打开一条预警，看依据"),
        _("每条规则的取值与阈值并列，还有怎样变化就不会触发、当时的话单和法律依据。看完点“下一步”。"),
        lambda facts, progress: "read" in progress.marks or facts.measure is not None,
        lambda facts: reverse("alerts:detail", args=[facts.alert.pk]) if facts.alert else reverse("alerts:list"),
        ("alerts:detail",), (".columns .wide .card", "#alert-{alert} .why a"), button="next",
    ),
    Step(
        "propose", "", _("提出处置"),
        _("选“保护性停机”，写明研判意见，勾选“正在造成危害”，然后提交。依据不足的措施选不了。"),
        lambda facts, _progress: facts.measure is not None,
        lambda facts: reverse("measures:propose_from", args=[facts.alert.pk]) if facts.alert else "",
        ("measures:propose_from",), (".rung:has([value=suspend])", "a[href*='/measures/from/']"),
        {"rung": "suspend", "note": _("一小时内呼叫数十名陌生人，无人回拨，正在行骗"), "immediate": True},
    ),
    Step(
        "approve", "leader", _("由另一人批准"),
        _("停机须双人：提出的人批不了自己的。看过依据、告知和期限，点“批准”。"),
        lambda facts, _progress: facts.measure is not None and facts.measure.state != State.PROPOSED,
        _measure, ("measures:detail",), ("button[name=act][value=approve]",),
    ),
    Step(
        "call", "leader", _("看它的下一个呼叫被拦下"),
        _("点“拨打”：演示电话用这个号码真实拨出一个 SIP 呼叫，再拨一次 110。前者被网关拒接，后者照常接通。"),
        lambda _facts, progress: "refused" in progress.marks,
        _measure, ("measures:detail",), button="call",
    ),
    Step(
        "appeal", "subscriber", _("用户申诉"),
        _("机主看到原因、恢复办法和所需材料。打开这项处置，写明理由，提交申诉；其间 110 和流量不受影响。"),
        lambda facts, _progress: facts.appeal is not None and facts.appeal.state != AppealState.REFUSED,
        lambda _facts: reverse("appeals:own"),
        ("appeals:own", "appeals:mine"), ("#statement", "button[name=measure]"),
        {"statement": _("这是我店里的订餐电话，当天在逐个回访顾客。")},
    ),
    Step(
        "restore", "leader2", _("裁决并立即恢复"),
        _("提出和批准的人都不能裁决。写明答复，点“申诉成立，立即恢复”：处置解除、致歉、同一规则一段时间内不再针对此号码。"),
        _decided, _appeal, ("appeals:detail",), ("button[name=act][value=uphold]",),
        {"answer": _("核实无误，已恢复，向您致歉")},
    ),
    Step(
        "again", "leader2", _("再拨一次"),
        _("同一号码再次真实拨出：策略已撤出，呼叫接通。"),
        lambda _facts, progress: "restored" in progress.marks,
        _measure, ("measures:detail",), button="call",
    ),
    Step(
        "audit", "leader", _("看审计"),
        _("谁、何时、凭什么：每一步都在，逐条相链。改动任何一条，fanzha audit verify 都会发现。"),
        lambda _facts, progress: "audit" in progress.marks,
        _trail, ("audit:list",), ("main table",), button="next",
    ),
)  # fmt: skip


def current(facts: Facts, progress: Progress) -> tuple[int, Step] | None:
    """The first step that is not done, counted from one; None at the end."""
    return next(((at, step) for at, step in enumerate(STEPS, 1) if not step.done(facts, progress)), None)
