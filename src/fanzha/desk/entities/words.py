"""Decides what people read where the number plan says what kind a number is."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from fanzha.numbering.codes import Kind
from fanzha.numbering.text import kind_words


def kind_of_number(kind: Kind) -> str:
    """In the reader's language; nothing for one that the plan does not know."""
    zh, en = kind_words(kind)
    return "" if kind == Kind.UNKNOWN else en if get_language() == "en" else zh


_TABLES: dict[str, Promise] = {"subscribers": _("用户资料"), "cells": _("小区资料"), "trunks": _("中继资料")}


def tables(names: Iterable[str]) -> str:
    """Reference tables that are missing, in the reader's language."""
    return gettext("、").join(str(_TABLES.get(name, name)) for name in names)
