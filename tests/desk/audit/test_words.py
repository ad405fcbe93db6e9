"""Holds that the audit trail is read, not deciphered: every act that our code records has words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import translation

import fanzha.desk
from fanzha.desk.audit.words import said

_RECORDED = re.compile(r'\b(?:Act|act_of|note_down|_record|_failed)\([^"]{0,60}?"([a-z]+\.[a-z_]+)"')


def test_every_act_has_words() -> None:
    sources = Path(fanzha.desk.__file__).parent.rglob("*.py")
    names = {name for path in sources for name in _RECORDED.findall(path.read_text(encoding="utf-8"))}
    assert {"overview.daily", "lists.check", "login.wrong_password"} <= names
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert sorted(name for name in names if said(name) == name) == []
