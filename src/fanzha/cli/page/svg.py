"""Decides how figures are drawn: small inline SVG charts, with every label in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

Both = tuple[str, str]  # zh, en


@dataclass(frozen=True)
class Bar:
    """One row of stacked pieces: (size, colour, what it is)."""

    label: Both
    pieces: tuple[tuple[float, str, Both], ...]
    note: str = ""


def text(both: Both, x: float, y: float, **attributes: str) -> str:
    """A text in both languages, of which the page shows one."""
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return "".join(
        f'<text class="{lang}" x="{x:g}" y="{y:g}"{more}>{escape(words)}</text>'
        for lang, words in zip(("zh", "en"), both, strict=True)
    )


def stacked(bars: Sequence[Bar], *, width: int = 680, label: int = 250, row: int = 30) -> str:
    """Horizontal stacked bars, the longest filling the width."""
    most = max((sum(size for size, _, _ in bar.pieces) for bar in bars), default=0) or 1
    room = width - label - 60
    parts = []
    for at, bar in enumerate(bars):
        y = at * row
        parts.append(text(bar.label, label - 10, y + 19, text_anchor="end"))
        x = float(label)
        for size, colour, what in bar.pieces:
            if size:
                wide = max(size / most * room, 1.5)
                title = escape(f"{bar.label[0]} · {what[0]} {size:g} / {bar.label[1]} · {what[1]} {size:g}")
                parts.append(
                    f'<rect x="{x:.1f}" y="{y + 6}" width="{wide:.1f}" height="{row - 12}" fill="{colour}">'
                    f"<title>{title}</title></rect>"
                )
                x += wide
        total = bar.note or f"{sum(size for size, _, _ in bar.pieces):g}"
        parts.append(f'<text class="figure" x="{x + 7:.1f}" y="{y + 19}">{escape(total)}</text>')
    return _framed(width, len(bars) * row, parts)


def by_time(
    times: Sequence[datetime], calls: Sequence[int], flagged: Sequence[int], *, width: int = 1180, height: int = 170
) -> str:
    """Calls by the hour (or day) with the flagged part at the foot; `times` are local."""
    if not times:
        return ""
    most = max(max(calls), 1)
    wide = (width - 60) / len(times)
    thick = max(wide - 0.8, 0.6)
    parts = [_grid(width, height, most)]
    for at, (time, total, bad) in enumerate(zip(times, calls, flagged, strict=True)):
        x = 50 + at * wide
        high, low = total / most * (height - 36), bad / most * (height - 36)
        share = bad / total if total else 0
        label = escape(f"{time:%m-%d %H:%M}  {total:,}  ({bad:,} = {share:.1%})")
        parts.append(
            f"<g><title>{label}</title>"
            f'<rect class="calm" x="{x:.1f}" y="{height - 20 - high:.1f}" width="{thick:.1f}" height="{high:.1f}"/>'
            f'<rect class="bad" x="{x:.1f}" y="{height - 20 - low:.1f}" width="{thick:.1f}" height="{low:.1f}"/></g>'
        )
        if time.hour == 0 and (len(times) < 400 or time.day == 1) and x < width - 40:
            parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 5}">{time:%m-%d}</text>')
    return _framed(width, height, parts)


def _grid(width: int, height: int, most: int) -> str:
    lines = []
    for share in (0.5, 1.0):
        y = height - 20 - share * (height - 36)
        lines.append(f'<line class="grid" x1="50" x2="{width - 10}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text class="tick" x="44" y="{y + 4:.1f}" text-anchor="end">{round(share * most):,}</text>')
    return "".join(lines)


def strip(started: Sequence[float], answered: Sequence[bool], outgoing: Sequence[bool]) -> str:
    """A line of time: one stroke a call, out above and in below, tall where answered; `started` from 0 to 1."""
    paths: dict[str, list[str]] = {"out": [], "in": [], "miss": []}
    for at, spoke, out in zip(started, answered, outgoing, strict=True):
        x = f"{6 + at * 988:.0f}"
        if out:
            paths["out" if spoke else "miss"].append(f"M{x} 25V{4 if spoke else 13}")
        else:
            paths["in"].append(f"M{x} 27V{48 if spoke else 39}")
    drawn = "".join(f'<path class="{name}" d="{"".join(marks)}"/>' for name, marks in paths.items() if marks)
    line = '<line x1="0" x2="1000" y1="26" y2="26"/>'
    return f'<svg class="strip" viewBox="0 0 1000 52" preserveAspectRatio="none">{line}{drawn}</svg>'


def pairs(rows: Sequence[tuple[Both, int, int, str]], colours: tuple[str, str], names: tuple[Both, Both]) -> str:
    """For each row: (label, whole, part, note): the part drawn over the whole."""
    most = max((whole for _, whole, _, _ in rows), default=0) or 1
    width, label, row = 640, 190, 28
    parts = []
    for at, (words, whole, part, note) in enumerate(rows):
        y = at * row
        room = width - label - 130
        # Square roots: one box of a hundred cards beside a gang of two would leave the two invisible.
        full, filled = ((size / most) ** 0.5 * room for size in (whole, part))
        title = escape(f"{names[0][0]} {whole}，{names[1][0]} {part} / {names[0][1]} {whole}, {names[1][1]} {part}")
        parts.append(text(words, label - 10, y + 18, text_anchor="end"))
        parts.append(
            f"<g><title>{title}</title>"
            f'<rect x="{label}" y="{y + 5}" width="{full:.1f}" height="{row - 10}" fill="{colours[0]}"/>'
            f'<rect x="{label}" y="{y + 5}" width="{filled:.1f}" height="{row - 10}" fill="{colours[1]}"/></g>'
            f'<text class="figure" x="{label + full + 7:.1f}" y="{y + 18}">{escape(note)}</text>'
        )
    return _framed(width, len(rows) * row, parts)


def _framed(width: int, height: int, parts: Sequence[str]) -> str:
    return f'<svg class="chart" viewBox="0 0 {width} {max(height, 1)}" role="img">{"".join(parts)}</svg>'
