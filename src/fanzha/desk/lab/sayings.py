"""Decides how what a rule's loader and a backtest say reads in Chinese: sayings.yaml."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import get_language

from fanzha.errors import FanzhaError
from fanzha.vocabulary import chinese

SAYINGS = Path(__file__).with_name("sayings.yaml")


def said(sentence: str) -> str:
    """A sentence of the loader or of a backtest in the reader's language, as it is where no saying knows it."""
    return sentence if get_language() == "en" else chinese(sentence, SAYINGS)


def told(problem: str) -> str:
    """What a backtest ended with, as `lines_of` kept it."""
    return "\n".join(said(line.strip().removeprefix("-> ")) for line in problem.splitlines())


def lines_of(error: FanzhaError) -> str:
    """An error to be kept for readers of any language: what is wrong, what to do, where; a line each."""
    return "\n".join(filter(None, (error.message, error.hint, error.where)))
