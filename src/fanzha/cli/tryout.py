"""Decides how `fanzha learn try` shows what a model would have changed of a stretch's alerts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fanzha.cli.language import language, say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, count, foreign, note, table

if TYPE_CHECKING:
    from rich.table import Table

    from fanzha.detection.learning.tryout import Side, Tryout

_SHOWN = 10  # of the people lifted; --json gives up to fifty


def show(found: Tryout, *, unmasked: bool) -> None:
    """Bands under each model, who was lifted, and what the stretch can prove."""
    begun, ended = (local(datetime.fromisoformat(each))[:16] for each in (found.start, found.end))
    note(
        say(
            f"{begun} 至 {ended}，{count(found.alerts)} 条号码预警（连预热读了 {count(found.calls)} 次通话）",
            f"{begun} to {ended}: {count(found.alerts)} alerts about numbers ({count(found.calls)} calls read, "
            "those that warm up among them)",
        )
    )
    console().print(_bands(found))
    for what, moved in ((say("升档", "to a higher band"), found.more), (say("降档", "to a lower band"), found.less)):
        note(
            say(
                f"{what}：涉诈 {moved[0]}，正当 {moved[1]}，未知 {moved[2]}",
                f"{what}: {moved[0]} fraud, {moved[1]} honest, {moved[2]} unknown",
            )
        )
    if found.lifted:
        console().print(_lifted(found, unmasked))
    if found.learnt:
        note(
            say(
                "注意：这段时间早于它所学结论的截止，成绩可能偏好；请用其后的时间再试。",
                "This stretch begins before the outcomes it learnt from end: it may flatter. Try what came after.",
            )
        )


def _bands(found: Tryout) -> Table:
    """Numbers by their highest band: fraud / honest / unknown."""
    sides = [(say(f"第 {found.tried.version} 版", f"v{found.tried.version}"), found.tried)]
    if found.today is not None:
        sides.append((say(f"现用第 {found.today.version} 版", f"v{found.today.version}, speaks now"), found.today))
    sides.append((say("无模型", "no model"), found.none))
    heads = [f"{name}: {say('涉诈/正当/未知', 'fraud/honest/unknown')}" for name, _ in sides]
    made = table(say("最高档", "highest band"), *heads, right=tuple(range(1, len(sides) + 1)))
    for band in reversed(found.tried.bands):
        made.add_row(band, *(" / ".join(map(str, side.bands[band])) for _, side in sides))
    made.add_row(say("意见：涉诈/弃权/正当", "says: fraud/unsure/honest"), *(_says(side) for _, side in sides))
    return made


def _says(side: Side) -> str:
    return " / ".join(map(str, (side.fraud, side.unsure, side.honest))) if side.version else "-"


def _lifted(found: Tryout, unmasked: bool) -> Table:
    from fanzha import numbering

    title = say("被抬高而未知涉诈的人", "Lifted, and not known as fraud")
    made = table(
        say("号码", "number"), say("是谁", "who"), say("手法", "scheme"), say("分", "score"),
        say("概率", "probability"), say("理由", "reasons"), title=title, right=(3, 4),
    )  # fmt: skip
    for each in found.lifted[:_SHOWN]:
        value = each.value if unmasked else numbering.mask(each.value)
        who = each.role or (say("已知正当", "known honest") if each.known_honest else say("未知", "unknown"))
        reasons = "; ".join(each.zh if language() == "zh" else each.en)
        made.add_row(
            foreign(value),
            foreign(who),
            each.scheme,
            f"{each.was:g} → {each.score:g}",
            f"{each.probability:.2f}",
            reasons,
        )
    return made
