"""Decides in which language a person is spoken to: --lang, else FANZHA_LANG, else LC_ALL, LC_MESSAGES or LANG."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
_VARIABLES = ("FANZHA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def chosen(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """`zh` or `en`. A value that is neither is left to the command line to complain about."""
    for at, argument in enumerate(arguments):
        value = argument.removeprefix("--lang=") if argument.startswith("--lang=") else None
        if argument == "--lang" and at + 1 < len(arguments):
            value = arguments[at + 1]
        if value in LANGUAGES:
            return value
    for name in _VARIABLES:
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


@cache
def language() -> str:
    """The language of this run: help texts are made when a command is imported, so it is fixed before."""
    return chosen(sys.argv[1:], os.environ)


def say(zh: str, en: str) -> str:
    """The phrase in the language of this run."""
    return zh if language() == "zh" else en


def translate_click() -> None:
    """Have click say usage, options and wrong command lines in Chinese too: locale/zh/LC_MESSAGES/click.po."""
    if language() != "zh":
        return
    from fanzha.cli.chinese_help import speak_chinese

    speak_chinese()
    os.environ["LANGUAGE"] = "zh"  # gettext looks here first, and knows neither --lang nor FANZHA_LANG
    gettext.bindtextdomain("click", Path(__file__).with_name("locale"))
    gettext.textdomain("click")
