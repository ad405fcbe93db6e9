"""Decides how an error reads at a terminal: what, where and what to do, in the language of who typed the command."""

from __future__ import annotations

from pathlib import Path

from fanzha.cli.language import language
from fanzha.errors import FanzhaError

_SAYINGS = Path(__file__).with_name("sayings.yaml")
# What is said of rules is kept where they are drafted.
_RULES = Path(__file__).parents[1] / "desk" / "lab" / "sayings.yaml"


def told(error: FanzhaError) -> str:
    """The text of an error; in Chinese as far as sayings.yaml goes."""
    if language() != "zh":
        return str(error)
    where = f"{error.where}：" if error.where else ""
    hint = f"\n  -> {said(error.hint)}" if error.hint else ""
    return where + said(error.message) + hint


def said(words: str) -> str:
    """A few words of an error, line by line, in the language of this run."""
    if language() != "zh":
        return words
    from fanzha.vocabulary.sayings import chinese

    try:
        return "\n".join(chinese(line, _SAYINGS, _RULES) for line in words.split("\n"))
    except (FanzhaError, OSError, MemoryError):  # an error is told even where its translation cannot be read
        return words
