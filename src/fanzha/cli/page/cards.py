"""Decides how the pieces of the page look: words in both languages, cards, legends and tables of figures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from fanzha import numbering
from fanzha.cli.page.svg import Both


def both(words: Both) -> str:
    """Both languages, of which the page shows one."""
    return f'<span class="zh">{escape(words[0])}</span><span class="en">{escape(words[1])}</span>'


def card(title: Both, inside: str, *, wide: bool = False) -> str:
    return f'<div class="card{" wide" if wide else ""}"><h3>{both(title)}</h3>{inside}</div>'


def legend(items: Sequence[tuple[str, Both]]) -> str:
    return (
        '<div class="legend">'
        + "".join(f'<span><i style="background:{colour}"></i>{both(words)}</span>' for colour, words in items)
        + "</div>"
    )


def table(heads: Sequence[Both], lines: Sequence[Sequence[object]]) -> str:
    """A table whose first column is HTML and whose others are figures."""
    head = "".join(f"<th{' class=r' if at else ''}>{both(words)}</th>" for at, words in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{' class=r' if at else ''}>{cell}</td>" for at, cell in enumerate(line)) + "</tr>"
        for line in lines
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def figure(value: float | None) -> str:
    """A figure, or a dash where there is none."""
    return "–" if value is None else f"{value:g}"


def masked(value: str) -> str:
    """A number that the page shows masked until asked."""
    hidden = numbering.mask(value)
    if hidden == value:
        return escape(value)
    return f'<span class="full">{escape(value)}</span><span class="hid">{escape(hidden)}</span>'
