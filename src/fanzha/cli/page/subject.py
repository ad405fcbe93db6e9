"""Decides what the page of one number, device or cell holds beside its alerts: profile, days, and company."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from fanzha.cli.explain import companions, figure, who
from fanzha.cli.moments import local
from fanzha.cli.page.cards import both, card, masked, table
from fanzha.cli.page.report import report
from fanzha.cli.page.svg import Bar, Both, stacked
from fanzha.detection.explain import Companion, Day, Explanation
from fanzha.detection.pack import Pack
from fanzha.detection.scan import Scan
from fanzha.profiles.labels import words
from fanzha.records.lake import Lake

_OUT, _IN = "#c8102e", "#1f8a4c"
_SHOWN = 20


def subject_page(found: Explanation, lake: Lake, pack: Pack, *, network: str) -> str:
    """The whole page; the numbers in it are masked until asked."""
    title = who(found, hidden=True)
    scan = Scan(alerts=found.alerts, calls=found.calls.num_rows, unknown=found.unknown)
    cards = [_days(found.days), _profile(found)]
    cards += [_company(words, rows) for words, rows in companions(found) if rows]
    extra = f'<section class="charts">{"".join(cards)}</section>'
    batches = found.calls.to_batches()
    return report(scan, lake, pack, network=network, title=title, extra=extra, calls=batches)


def _days(days: Sequence[Day]) -> str:
    names: tuple[Both, Both] = (("呼出", "outgoing"), ("呼入", "incoming"))
    bars = [
        Bar((day.day, day.day), ((float(day.outgoing), _OUT, names[0]), (float(day.incoming), _IN, names[1])))
        for day in days[-31:]
    ]
    return card(
        ("逐日通话（红：呼出，绿：呼入）", "By the day (red: outgoing, green: incoming)"), stacked(bars, row=24)
    )


def _profile(found: Explanation) -> str:
    told = ((words(field, found.subject.kind), value) for field, value in found.profile if value != 0.0)
    lines = [(both(name), escape(figure(value))) for name, value in told]
    heading: Both = (
        "画像（最后一次通话之后；? 为未知；略去为零的项）",
        "Profile after the last call (? unknown; zeros left out)",
    )
    inside = table((("项", "field"), ("值", "value")), lines)
    return card(heading, f'<div class="records">{inside}</div>')


def _company(title: Both, rows: Sequence[Companion]) -> str:
    heads = (title, ("次数", "calls"), ("呼出", "outgoing"), ("通话秒", "talked s"), ("最晚", "last"))
    lines = [(masked(row.name), row.calls, row.outgoing, row.talk_s, local(row.last)) for row in rows[:_SHOWN]]
    return card(title, table(heads, lines))
