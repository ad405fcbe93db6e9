"""Walks every page of the desk in a real browser, served as people get it: as each role, in both languages, on a
desktop, a telephone and paper. No error in the console, nothing asked of the outside, nothing wider than the screen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fanzha.desk.organisations.demo import OFFICES, PEOPLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="no chromium (scripts/system-packages)"),
]
_LOOKING = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")
_DESKTOP, _TELEPHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
_ENGLISH, _CHINESE = r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", r"[\u4e00-\u9fff]"  # in pages of the other language
_NAMES = ["系统", *(person.name for person in PEOPLE), *OFFICES.values()]
_MOST = 60  # pages of one walk
_FILES = re.compile(
    r"\.(xlsx|docx|pdf|csv|json|jsonl)$|/(template|export|faults|report|excel|word|pdf|proof)s?/|/api/|[?]"
)
_ID = re.compile(r"/(\d+|[0-9a-f]{16,}|[A-Za-z0-9_-]{40,}|[a-z_]+\.[a-z0-9_]+)(?=/|$)")


def _look(page: Any, name: str) -> list[str]:
    """Keep a picture where FANZHA_PICTURES names a folder; whether the page scrolls sideways."""
    folder = os.environ.get("FANZHA_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    for _ in range(100):  # a chart follows its frame a moment later
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide <= 1:
            break
        page.wait_for_timeout(100)
    return [f"{name}: {wide} pixels wider than the screen"] if wide > 1 else []


def _pattern(address: str) -> str:
    return _ID.sub("/*", urlsplit(address).path)


def _links(page: Any, served: str) -> list[str]:
    every = page.eval_on_selector_all(
        "header nav a[href], header a[href^='/keys/'], main a[href]", "all => all.map((each) => each.href)"
    )
    return [each for each in every if each.startswith(served) and not _FILES.search(each.removeprefix(served))]


def _walk(page: Any, served: str, seen: set[str], other: str, *, small: bool) -> list[str]:
    """Every page that can be reached by links from where the reader is, one of each kind; what is wrong with them."""
    todo, wrong, pages = [page.url], [], 0
    while todo and pages < _MOST:
        address = todo.pop(0)
        if _pattern(address) in seen:
            continue
        seen.add(_pattern(address))
        pages += 1
        answer = page.goto(address)
        name = _pattern(address).strip("/").replace("/", "_") or "home"
        if answer is None or answer.status != 200:
            wrong.append(f"{name}: {answer.status if answer else 'no answer'}")
            continue
        page.wait_for_selector(".htmx-request", state="detached")
        wrong += [f"{name}: {each}" for each in page.evaluate(_LOOKING, {"other": other, "names": _NAMES})] + _look(
            page, f"{other[1]}_{name}"
        )
        todo += _links(page, served)
        if small:
            page.set_viewport_size(_TELEPHONE)
            wrong += _look(page, f"phone_{name}")
            page.set_viewport_size(_DESKTOP)
    return wrong


def test_every_page_as_everybody_in_chinese(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str, faults: list[str]
) -> None:
    seen: set[str] = set()
    wrong = []
    for name in ("leader", "duty", "analyst", "regulator", "subscriber", "admin"):
        page = opened()
        sign_in(page, name)
        wrong += [f"{name}: {each}" for each in _walk(page, served, seen, _ENGLISH, small=True)]
        page.context.close()
    rooms = {each.split("/")[1] for each in seen}
    assert rooms >= {"alerts", "entities", "measures", "appeals", "requests", "pushes", "lists", "tracing", "audit"}
    assert rooms >= {"people", "supervision", "keys"}
    assert {"/people/*/", "/people/new/", "/people/offices/", "/keys/new/"} <= seen
    assert "\n".join(wrong + faults) == ""


def test_every_page_of_a_leader_in_english(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str, faults: list[str]
) -> None:
    page = opened(language="en-GB")
    sign_in(page, "leader")
    assert "\n".join(_walk(page, served, set(), _CHINESE, small=False) + faults) == ""


def test_on_paper_are_no_buttons_and_nothing_is_lost(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str, faults: list[str]
) -> None:
    page = opened()
    sign_in(page, "leader")
    page.click("tr.alert-row .why a >> nth=0")
    page.wait_for_selector("#lake canvas")
    page.emulate_media(media="print")
    for hidden in (".top", ".acts", ".btn", ".unmask", "#tour", ".skip"):
        assert not page.is_visible(f"{hidden} >> nth=0"), hidden
    assert page.is_visible(".rule")
    assert page.is_visible(".foot")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4
    assert _look(page, "paper_alert") == []
    page.goto(f"{served}/alerts/")
    assert page.is_visible("thead th:has-text('时限')")  # all columns of a desktop, though paper is narrow
    assert _look(page, "paper_list") == []
    assert faults == []


def test_the_keyboard_gets_everywhere(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str
) -> None:
    """The first Tab is the way past the menu, then the menu; the focus can be seen."""
    page = opened()
    sign_in(page, "analyst")
    page.goto(f"{served}/measures/")
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate("document.activeElement.className || document.activeElement.closest('nav')?.className")
        )
    assert order[0] == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement !== document.body")


def test_a_row_that_arrives_moves_nobodys_place(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], faults: list[str]
) -> None:
    """Whoever is about to judge by keyboard judges the row they look at, not the one that slid under it."""
    page = opened()
    sign_in(page, "leader")
    page.wait_for_selector("tr.alert-row")
    page.keyboard.press("j")
    page.keyboard.press("j")
    looked_at = page.get_attribute("tr.is-here", "id")
    page.evaluate("""() => {
        const arrived = document.querySelector("tr.alert-row").cloneNode(true);
        document.querySelector("#fresh").append(Object.assign(arrived, { id: "alert-new" }));
    }""")
    page.keyboard.press("x")
    assert page.eval_on_selector("tr:has(input[name=ids]:checked)", "row => row.id") == looked_at
    page.click(".is-here .unmask")
    page.wait_for_selector(".unmask-form input[name=reason]:focus")
    page.keyboard.press("Escape")  # asked too much: back, without a look being counted
    assert page.evaluate("document.activeElement.className") == "unmask"
    assert page.query_selector(".unmask-form") is None
    assert faults == []


def test_a_refusal_leaves_the_page_as_it_is_and_two_clicks_are_one(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str, faults: list[str]
) -> None:
    page = opened()
    sign_in(page, "leader")
    page.goto(f"{served}/lists/new/block/")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.set_input_files("#bring input[type=file]", {"name": "a.xlsx", "mimeType": "a/b", "buffer": b"no workbook"})
    page.dblclick("#bring button")
    page.wait_for_selector("#bring .wrong [role=alert]")
    assert page.eval_on_selector("#bring input[type=file]", "field => field.files.length") == 1
    assert page.url == f"{served}/lists/new/block/"
    assert len(sent) == 1
    assert [fault for fault in faults if "422" not in fault] == []


def test_a_leader_at_work(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str, faults: list[str]
) -> None:
    page = opened()
    sign_in(page, "leader")
    page.wait_for_selector("tr.alert-row")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.is_visible("#bulkbar")
    page.keyboard.press("f")
    chosen = page.get_attribute("tr.is-here", "id")
    page.click("#bulkbar details[data-act=dismiss] button >> nth=0")
    page.wait_for_selector(f"#{chosen} .badge:has-text('误报')")
    page.click("tr.alert-row:not(:has-text('误报')) .why a >> nth=0")
    page.wait_for_selector("#lake canvas")
    page.wait_for_selector("[data-graph] canvas")
    page.click(".alert-head .unmask")
    page.fill(".unmask-form input[name=reason]", "案件 A2026-11")
    page.click(".unmask-form button")
    page.wait_for_selector(".alert-head .subject-value.is-full")
    assert "*" not in page.inner_text(".alert-head .subject-value")
    page.click(".alert-head .subject-value a")
    page.wait_for_selector("#lake canvas")
    page.goto(f"{served}/login/sessions/")
    page.click("button[lang=en]")
    page.wait_for_selector("h1:has-text('Sessions')")
    assert faults == []


def test_a_server_that_is_away_is_told_and_takes_nothing_that_was_typed(
    opened: Callable[..., Any], sign_in: Callable[[Any, str], None], served: str
) -> None:
    """Not the list's judgement, not its ticks on the way back, and no proxy's page stands in a part of ours."""
    page = opened()
    sign_in(page, "leader")
    page.wait_for_selector("tr.alert-row")
    page.check("tr.alert-row input[name=ids] >> nth=0")
    page.reload()
    page.wait_for_selector("tr.alert-row")
    assert page.query_selector("input[name=ids]:checked") is None  # other rows may stand there now
    page.route("**/alerts/triage/", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("u")
    page.click("#bulkbar details[data-act=hold] button >> nth=0")
    page.wait_for_selector("#notice .unanswered")
    assert page.is_checked(".is-here input[name=ids]")
    page.route(
        "**/alerts/fresh/*", lambda route: route.fulfill(status=502, body="<html><body>Bad Gateway</body></html>")
    )
    with page.expect_response("**/alerts/fresh/*"):
        pass
    page.unroute("**/alerts/fresh/*")
    page.wait_for_selector("#notice .unanswered", state="detached")  # it asks on, and is answered
    assert "Bad Gateway" not in page.content()
    page.route("**/lists/bring/block/", lambda route: route.fulfill(status=413, body="<html>too large</html>"))
    page.goto(f"{served}/lists/new/block/")
    page.set_input_files("#bring input[type=file]", {"name": "a.xlsx", "mimeType": "a/b", "buffer": b"no workbook"})
    page.click("#bring button")
    page.wait_for_selector("#bring .wrong .unanswered")
    assert page.eval_on_selector("#bring input[type=file]", "field => field.files.length") == 1
