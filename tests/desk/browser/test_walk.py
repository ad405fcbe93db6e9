"""Walks the desk in a real browser, served as people get it: no error in the console, nothing asked of the outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed (scripts/system-packages)"),
]

_SEED = """
import shutil
from pathlib import Path
from fanzha.cli.django import migrate, ready
home = ready(demo=True)
migrate()
from fanzha.desk.organisations.demo import settle
from fanzha.world.make import make_world
settle(number="+8613907110001")
make_world(home / "province", subscribers=600, days=1, gangs=6, seed=3, evasion="0")
(home / "incoming").mkdir()
for day in sorted((home / "province" / "calls").glob("*.parquet")):
    shutil.copyfile(day, home / "incoming" / day.name)
"""


def _fanzha(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "fanzha.cli.main", *arguments]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk with a small province's alerts, as `fanzha serve` runs it."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "FANZHA_HOME": str(home), "FANZHA_DEMO": "1", "FANZHA_LANG": "zh"}
    environment.pop("FANZHA_SECRET_KEY", None)
    environment.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "-c", _SEED], env=environment, check=True, timeout=300)
    subprocess.run(
        _fanzha(home, "watch", str(home / "incoming"), "--once", "--json"),
        env=environment, check=True, timeout=300, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(_fanzha(home, "serve", "--roles", "desk,jobs", "--port", str(port)), env=environment)
    try:
        _wait_for(f"{address}/healthz", server)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _try in range(600):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the browser; must stay empty."""
    return []


@pytest.fixture
def browser() -> Iterator[Any]:
    """Debian's own Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


def _page(browser: Any, served: str, faults: list[str], *, width: int = 1366, height: int = 768) -> Any:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((served, "data:")) else faults.append(asked.url))
    return page


def _sign_in(page: Any, served: str, name: str) -> None:
    page.goto(f"{served}/login/")
    page.click(f"[data-fill={name}]")
    page.click(".door-card form button.btn-primary")
    page.wait_for_load_state()


def _look(page: Any, name: str) -> None:
    """Keep a picture where FANZHA_PICTURES names a folder; a page must not scroll sideways."""
    folder = os.environ.get("FANZHA_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, f"{name} is wider than the screen"


def test_a_leader_walks_the_desk(browser: Any, served: str, faults: list[str]) -> None:
    page = _page(browser, served, faults)
    page.goto(f"{served}/login/")
    _look(page, "login")
    _sign_in(page, served, "leader")
    page.wait_for_selector("tr.alert-row", timeout=30_000)
    _look(page, "alerts")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.is_visible("#bulkbar")
    page.keyboard.press("f")
    chosen = page.get_attribute("tr.is-here", "id")
    page.click("#bulkbar details[data-act=dismiss] button >> nth=0")
    page.wait_for_selector(f"#{chosen} .badge:has-text('误报')")
    page.click("tr.alert-row:not(:has-text('误报')) .why a >> nth=0")
    page.wait_for_selector("#lake canvas", timeout=60_000)
    page.wait_for_selector("[data-graph] canvas")
    _look(page, "alert")
    page.click(".alert-head .unmask")
    page.fill(".unmask-form input[name=reason]", "案件 A2026-11")
    page.click(".unmask-form button")
    page.wait_for_selector(".alert-head .subject-value.is-full")
    assert "*" not in page.inner_text(".alert-head .subject-value")
    page.click(".alert-head .subject-value a")
    page.wait_for_selector("#lake canvas", timeout=60_000)
    _look(page, "number")
    for name in ("entities", "audit", "login/sessions"):
        page.goto(f"{served}/{name}/")
        _look(page, name.replace("/", "_"))
    page.click("button[lang=en]")
    page.wait_for_selector("h1:has-text('Sessions')")
    assert faults == []


def test_on_a_telephone(browser: Any, served: str, faults: list[str]) -> None:
    page = _page(browser, served, faults, width=390, height=844)
    _sign_in(page, served, "analyst")
    page.wait_for_load_state()
    _look(page, "phone_alerts")
    page.goto(f"{served}/alerts/?state=open&state=unsure&state=dismissed")
    if page.query_selector("tr.alert-row"):
        page.click("tr.alert-row .why a >> nth=0")
        page.wait_for_selector("#lake canvas", timeout=60_000)
        _look(page, "phone_alert")
    page.goto(f"{served}/entities/")
    _look(page, "phone_entities")
    assert faults == []


def test_everybody_has_a_first_page(browser: Any, served: str, faults: list[str]) -> None:
    for name in ("duty", "regulator", "subscriber"):
        page = _page(browser, served, faults)
        _sign_in(page, served, name)
        _look(page, f"first_{name}")
        page.context.close()
    assert faults == []
