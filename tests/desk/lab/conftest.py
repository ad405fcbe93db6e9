"""A home of its own, and a rule on its way, for the tests of the laboratory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TEXT = """\
scheme: mass_dialling
defaults: {legal: "art. 11", source: "a test", as_of: 2026-11-22, owner: "a test", exemptions: [SERVICE_LINES]}
rules:
  - id: own.busy
    version: 1
    family: volume
    title: {zh: 一小时二十个呼叫且少有接听, en: "More than 20 calls an hour, few answered"}
    why: "a test"
    on: out
    when: out_1h > 20 and out_answered_1h / out_1h <= 0.5
    score: 72
    minimum: 10
    measure: verify
"""
STEPS = ("review", "shadow", "share1", "share10", "go_live")


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where releases go, at once: a test's own transaction is never committed."""
    settings.HOME = tmp_path
    monkeypatch.setattr("fanzha.desk.lab.releasing.transaction.on_commit", lambda work: work())
    return tmp_path


@pytest.fixture
def text() -> str:
    """A rule that can run, as the tests draft it."""
    return TEXT


@pytest.fixture
def draft(people: dict[str, Any]) -> Callable[..., Any]:
    """A version of the analyst's, taken as far as asked by two leaders."""
    from fanzha.desk.lab import actions
    from fanzha.desk.lab.files import ensure

    def make(to: str = "draft", *, change: tuple[str, str] = ("", "")) -> Any:
        ensure("hb")
        found = actions.draft(people["analyst"], "hb", TEXT.replace(*change) if change[0] else TEXT, "试写")
        for name in STEPS:
            if found.state == to:
                break
            found = actions.step(people["leader"], found.pk, name, reason="看过上一步")
        assert found.state == to
        return found

    return make
