"""Decides how a help page in Chinese is laid out: columns as a terminal shows them, and placeholders in Chinese too.

click counts characters, so that a Chinese line is up to twice as wide as it thinks, and breaks lines at spaces only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from unicodedata import east_asian_width

import click

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_PIECE = re.compile(rf"\s+|[“（《]*[{_WIDE}]|[^\s{_WIDE}]+")
_NO_START = "，。、；：？！）》」”’…"  # no line begins with these
_PLACEHOLDERS = (("[OPTIONS]", "[选项]"), ("COMMAND", "命令"), ("ARGUMENTS", "参数"), ("ARGS", "参数"))
_NAMES: tuple[tuple[type[click.ParamType[Any]], str], ...] = (
    (type(click.STRING), "文字"),
    (type(click.INT), "整数"),
    (type(click.FLOAT), "数"),
    (click.IntRange, "整数"),
)


class ChineseHelp(click.HelpFormatter):
    """What click writes, in columns instead of characters."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """One line, or more below each other."""
        for english, chinese in _PLACEHOLDERS:
            args = args.replace(english, chinese)
        head = f"{prefix or '用法: '}{prog} "
        self._write_beside(head, columns(head), wrapped(args, max(self.width - columns(head), 20)))

    def write_text(self, text: str) -> None:
        """Paragraphs; one that begins with a line of \\b stays as it is."""
        indent = " " * self.current_indent
        shown = ["\n".join(indent + line for line in lines) for lines in _paragraphs(text, self.width - len(indent))]
        self.write("\n\n".join(shown) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Names on the left, what they mean on the right."""
        rows = list(rows)
        left = min(max((columns(name) for name, _ in rows), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for name, meaning in rows:
            lines = [line for part in _paragraphs(meaning, max(self.width - left - 2, 10)) for line in part]
            if columns(name) > left - col_spacing:
                self.write(f"{indent}{name}\n")
                name = ""
            self._write_beside(indent + name + " " * (left - columns(name)), left + len(indent), lines)

    def _write_beside(self, head: str, left: int, lines: list[str]) -> None:
        self.write((head + f"\n{' ' * left}".join(lines)).rstrip() + "\n")


def columns(text: str) -> int:
    """How wide a terminal shows it."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns: broken at spaces and between Chinese characters, never before a comma."""
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if columns(line) + columns(piece) <= width or (line and piece in _NO_START):
            line += piece if line or not piece.isspace() else ""
        else:
            lines.append(line.rstrip())
            line = piece.lstrip()
    return [each for each in (*lines, line.rstrip()) if each] or [""]


def _paragraphs(text: str, width: int) -> Iterator[list[str]]:
    for part in re.split(r"\n\s*\n", text.strip("\n")):
        lines = [line.rstrip() for line in part.splitlines()]
        if lines and lines[0].strip() == "\b":
            yield lines[1:]
        else:
            # A line break of the source is a space between words, and nothing between Chinese characters.
            yield wrapped(re.sub(rf"(?<=[{_WIDE}])\n\s*(?=[{_WIDE}])", "", "\n".join(lines)).replace("\n", " "), width)


def speak_chinese() -> None:
    """Have click lay out every help page so, and name the kinds of values in Chinese."""
    click.Context.formatter_class = ChineseHelp
    for kind, name in _NAMES:
        kind.name = name
