"""The five-minute tour in a real browser, with real SIP calls: refused once approved, let go on once appealed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="no chromium (scripts/system-packages)"),
]
_ON = "#tour .tour-acts .btn-primary"


def _step(page: Any, at: int | str) -> None:
    """The page has come to this step."""
    page.wait_for_selector(
        f"#tour summary:has-text('{at}/8')" if isinstance(at, int) else f"#tour summary:has-text('{at}')"
    )
    folder = os.environ.get("FANZHA_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"tour_{at}.png"))


def _on(page: Any) -> None:
    page.wait_for_load_state()
    page.click(_ON)
    page.wait_for_load_state()


def test_from_an_alert_to_a_refused_call_and_back(opened: Callable[..., Any], served: str, faults: list[str]) -> None:
    """Acceptance 13 and 16: refused, 110 goes through, restored; by keyboard where a form is filled in."""
    page = opened(toured=True)
    page.goto(f"{served}/login/")
    page.click("#tour summary")  # hidden, and it stays so
    page.wait_for_function("document.cookie.includes('fanzha_tour_shut=1')")  # browsers tell of it a moment later
    page.reload()
    assert not page.is_visible(_ON)
    page.click("#tour summary")
    _on(page)  # begin: the alert is chosen
    _step(page, 1)
    _on(page)  # go on as the analyst, on the alert's page
    page.wait_for_selector(".rule")
    _on(page)  # read: on to the ladder
    _step(page, 2)
    page.click("[data-tour-fill]")
    assert page.is_checked("[value=suspend]")
    page.keyboard.press("Enter")  # the button that is next has the focus
    _step(page, 3)
    _on(page)  # as the leader
    page.wait_for_selector("button[value=approve]")
    page.click("[data-tour-show]")
    page.keyboard.press("Enter")
    _step(page, 4)
    _on(page)  # call
    page.wait_for_selector(".tour-calls .off")
    told = page.inner_text(".tour-calls")
    assert "603" in told
    assert "→ 110" in told.splitlines()[-2]
    assert "200 OK" in told.splitlines()[-2]
    _step(page, 5)
    _on(page)  # as the subscriber
    page.click("button[name=measure]")
    page.wait_for_selector("#statement")
    page.click("[data-tour-fill]")
    page.keyboard.press("Enter")
    _step(page, 6)
    _on(page)  # as the other leader
    page.wait_for_selector("button[value=uphold]")
    page.click("[data-tour-fill]")
    page.keyboard.press("Enter")
    _step(page, 7)
    _on(page)  # to the measure
    page.wait_for_selector("[data-tour-busy]")
    _on(page)  # call again
    _step(page, 8)
    assert "200 OK" in page.inner_text(".tour-calls")
    _on(page)  # as the leader, at the trail
    page.wait_for_selector("main table")
    for act in ("measures.propose", "measures.approve", "measures.appeal"):
        assert act in page.inner_text("main table")
    _on(page)
    _step(page, "完成")
    assert faults == []
