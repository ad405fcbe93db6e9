"""Decides how a backtest reads on a terminal: draft beside today, people hit, cost, cases, curve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from fanzha.cli.language import say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, count, foreign, table

if TYPE_CHECKING:
    from fanzha.detection.backtest.report import Case, Estimate, Precision, Quartiles, Report, Side
    from fanzha.detection.backtest.sample import Answer
    from fanzha.detection.models.metrics import Interval
    from fanzha.detection.rule import Text
    from fanzha.detection.words import Measure

SHOWN = 10  # of the hardest cases, the kinds and the overlapping rules; files hold them all
_BAR = 30
_UNKNOWN = {
    "subscribers": ("未导入用户资料：无法得知号龄与年龄段", "no subscribers imported: ages of cards are not known"),
    "own_calls": (
        "二级规则只读其他对象的规则报来的事实：“呼出”是这些事实，误停期间的呼出未计",
        "fed by facts of other entities' rules: `calls` are those facts, and calls without service are not counted",
    ),
    "victims": ("处置结果不说谁是受害人：命中一律“未知”", "no outcome says who was deceived: every hit is unknown"),
}


def show(report: Report, measures: Mapping[str, Measure], *, unmasked: bool = False) -> None:
    """Print all of it; `measures` are the pack's words for them."""
    out = console()
    draft, stretch = report.draft, report.stretch
    out.print(f"[bold]{draft.id}@{draft.version}[/]  {_both(draft.title)}  [dim]{draft.digest}")
    out.print(f"  {draft.when}", markup=False)
    calls, judged = count(stretch.calls), count(stretch.judged)
    begun, ended = (local(datetime.fromisoformat(each)) for each in (stretch.start, stretch.end))
    out.print(
        say(
            f"{begun} 至 {ended}，{calls} 次通话，{judged} 个对象够得上判断",
            f"{begun} to {ended}: {calls} calls, {judged} with history enough",
        )
    )
    out.print(_sides(report, measures))
    if report.timing is not None:
        out.print(_timing(report))
    if report.tried.kinds or (report.today is not None and report.today.kinds):
        out.print(_kinds(report))
    if report.hardest:
        out.print(_hardest(report, unmasked))
    if report.overlap:
        out.print(_overlap(report))
    if report.curve is not None:
        out.print(_curve(report))
    if not report.labels:
        out.print(
            say(
                "没有处置结果：命中一律算“未知”，按正当计入误伤。给出 --outcomes 或 --truth。",
                "No outcomes: every hit is unknown and counted as honest. Give --outcomes or --truth.",
            )
        )
    for each in report.unknown:
        out.print(say(*_UNKNOWN[each]))


def _sides(report: Report, measures: Mapping[str, Measure]) -> object:
    sides = [report.tried] if report.today is None else [report.tried, report.today]
    names = [say(f"草稿 {report.draft.version} 版", f"draft v{report.draft.version}")]
    if report.live is not None:
        names.append(say(f"现行 {report.live.version} 版", f"live v{report.live.version}"))
    made = table("", *names, right=(1, 2)[: len(names)])
    rows: list[tuple[str, Callable[[Side], str]]] = [
        (say("命中对象", "hit"), lambda side: count(side.hit)),
        (say("其中涉诈", "of them fraud"), lambda side: count(side.fraud)),
        (say("其中正当", "honest"), lambda side: count(side.honest)),
        (say("其中未知（按正当计）", "unknown, counted as honest"), lambda side: count(side.unknown)),
        (say("查全率（95%区间）", "recall (95 %)"), lambda side: interval(side.recall)),
        (say("误伤率（95%区间）", "share of the honest hit (95 %)"), lambda side: interval(side.false)),
        (say("命中前呼出（中位）", "calls before the hit, median"), lambda side: _median(side.calls)),
        (say("命中前接听的人（中位）", "people who answered by then"), lambda side: _median(side.victims)),
        (say("比处置结果早（小时，中位）", "hours before the outcome"), lambda side: _median(side.lead_h)),
        (say("误停措施", "priced as"), lambda side: _priced(side, measures)),
        (say("误停无服务小时", "hours without service"), lambda side: count(round(side.cost.hours))),
        (say("误停期间呼出", "calls they would have made"), lambda side: count(side.cost.calls)),
        (say("预计投诉", "complaints expected"), lambda side: estimate(side.cost.complaints)),
        (say("预计申诉", "appeals expected"), lambda side: estimate(side.cost.appeals)),
    ]
    for at, row in enumerate(report.tried.precision):
        name = say(f"真实占比 1:{row.one_in} 时的准确率", f"precision at 1 in {row.one_in:,}")
        rows.insert(6 + at, (name, lambda side, at=at: precision(side.precision[at])))  # type: ignore[misc]
    for source in report.tried.caught:
        rows.append(
            (
                say(f"抓到（{source.source}）", f"caught ({source.source})"),
                lambda side, name=source.source: _caught(side, name),  # type: ignore[misc]
            )
        )
    for name, cell in rows:
        made.add_row(name, *(cell(side) for side in sides))
    return made


def _caught(side: Side, source: str) -> str:
    found = next((row for row in side.caught if row.source == source), None)
    return "-" if found is None else f"{count(found.caught)} / {count(found.known)}"


def _priced(side: Side, measures: Mapping[str, Measure]) -> str:
    measure = measures.get(side.cost.measure)
    words = side.cost.measure if measure is None else say(measure.zh, measure.en)
    return words + (say("（假设）", " (assumed)") if side.cost.assumed else "")


def _timing(report: Report) -> str:
    timing = report.timing
    assert timing is not None
    hours = "?" if timing.hours is None else f"{timing.hours.median:+.1f}"
    both = f"{timing.both} ({timing.earlier} / {timing.same} / {timing.later}; {hours} h)"
    spared = f"{timing.calls_saved:+d} / {timing.victims_saved:+d}"
    return say(
        f"涉诈：两版都抓到 {both}（早/同/晚；中位小时），只有草稿 {timing.only_draft}，只有现行 {timing.only_live}；"
        f"少打的电话/少接听的人 {spared}",
        f"fraud: both {both} (earlier/same/later; median hours), draft only {timing.only_draft}, "
        f"live only {timing.only_live}; calls/people spared {spared}",
    )


def _kinds(report: Report) -> object:
    """The draft's people first; who is spared by it and hit today stands below."""
    mine = {(row.id, row.told): row for row in report.tried.kinds}
    live = {(row.id, row.told): row for row in report.today.kinds} if report.today else {}
    names = [say("草稿", "draft")] + ([say("现行", "live")] if report.today else [])
    made = table(say("误伤的人", "honest people hit"), *names, say("依据", "told by"), right=(1, 2)[: len(names)])
    for mark, row in list((mine | live).items())[: 2 * SHOWN]:
        told = say("处置结果", "outcome") if row.told == "outcome" else say("话单", "records")
        sides = [mine] + ([live] if report.today else [])
        made.add_row(say(row.zh, row.en), *(count(side[mark].people if mark in side else 0) for side in sides), told)
    return made


def _hardest(report: Report, unmasked: bool) -> object:
    title = say(
        "最难的正当案例（fanzha explain 号码 可读全部话单）", "Hardest honest cases (fanzha explain reads them)"
    )
    made = table(
        say("对象", "who"),
        say("类型", "kind"),
        say("首次命中", "first hit"),
        say("小时数", "hours"),
        say("分", "score"),
        say("依据", "evidence"),
        title=title,
        right=(3, 4),
    )
    for case in report.hardest[:SHOWN]:
        evidence = "; ".join(say(item.zh, item.en) for item in case.evidence if item.state == "holds")
        made.add_row(
            foreign(shown(case, report.draft.entity, unmasked)),
            _both(case.title),
            local(datetime.fromisoformat(case.first))[5:16],
            str(case.hours),
            f"{case.score:g}",
            foreign(evidence),
        )
    return made


def shown(case: Case, entity: str, unmasked: bool) -> str:
    """Who it is; numbers are masked unless asked for in full."""
    from fanzha import numbering

    return case.value if unmasked or entity != "number" else numbering.mask(case.value)


def _overlap(report: Report) -> object:
    asked = report.overlap[0].asked
    made = table(
        say(f"与其他规则重叠（问了 {asked} 个命中）", f"Overlap with other rules ({asked} hits asked)"),
        say("也命中", "hit too"),
        say("其中涉诈", "of them fraud"),
        say("更早", "earlier"),
        right=(1, 2, 3),
    )
    for row in report.overlap[:SHOWN]:
        made.add_row(f"{row.rule}  {_both(row.title)}", count(row.also), count(row.also_fraud), count(row.earlier))
    return made


def _curve(report: Report) -> object:
    curve = report.curve
    assert curve is not None
    most = max(point.hit for point in curve.points) or 1
    made = table(
        say("阈值", "threshold"),
        say("命中", "hit"),
        say("涉诈", "fraud"),
        say("正当", "honest"),
        say("未知", "unknown"),
        say("查全", "recall"),
        *(f"1:{row.one_in}" for row in curve.points[0].precision),
        "",
        title=f"{say('阈值扫描', 'Sweep')}: {curve.text}",
        right=(0, 1, 2, 3, 4, 5, 6, 7),
    )
    for point in curve.points:
        mark = "→ " if point.threshold == curve.draft else ""
        bar = "█" * round(_BAR * point.hit / most)
        made.add_row(
            f"{mark}{point.threshold:g}",
            *(count(each) for each in (point.hit, point.fraud, point.honest, point.unknown)),
            share(point.recall),
            *(share(row.value) for row in point.precision),
            bar,
        )
    return made


def share(value: float | None) -> str:
    """As a percentage, ? for what is not known."""
    return "?" if value is None else f"{value:.2%}"


def interval(found: Interval | None) -> str:
    """A share with its 95 % interval."""
    return "?" if found is None else f"{found.value:.3%} ({found.low:.3%}-{found.high:.3%})"


def precision(row: Precision) -> str:
    """A precision between its bounds."""
    return f"{share(row.value)} ({share(row.least)}-{share(row.most)})"


def estimate(found: Estimate) -> str:
    """An expected count between its bounds."""
    return f"{found.likely:,.0f} ({found.low:,.0f}-{found.high:,.0f})"


def _median(found: Quartiles | None) -> str:
    return "?" if found is None else f"{found.median:,.1f}"


def _both(words: Text) -> str:
    return say(words.zh, words.en)


def show_answer(answer: Answer) -> None:
    """Print what a sample says: about how many at each threshold, and how wrong that may be."""
    begun, ended = (local(datetime.fromisoformat(each)) for each in (answer.start, answer.end))
    title = say(f"约数，{begun} 至 {ended}", f"About, {begun} to {ended}")
    made = table(
        say("阈值", "threshold"),
        say("约命中", "about hit"),
        say("95%区间", "95 %"),
        say("样本中", "in the sample"),
        say("已知涉诈", "known fraud"),
        title=title,
        right=(0, 1, 2, 3, 4),
    )
    for point in answer.points:
        made.add_row(
            "-" if point.threshold is None else f"{point.threshold:g}",
            f"{point.hit:,.0f}",
            f"{point.low:,.0f}-{point.high:,.0f}",
            count(point.sampled),
            "?" if point.fraud is None else f"{point.fraud:,.0f}",
        )
    console().print(made)
    missed = share(answer.missed)
    console().print(
        say(
            f"{count(answer.judged)} 个对象够得上判断；样本只留部分时刻，约漏 {missed} 的命中（按现行规则实测）。",
            f"{count(answer.judged)} with history enough; kept moments miss about {missed} of hits (today's rules).",
        )
    )
