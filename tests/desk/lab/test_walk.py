"""The led walk of docs/lab.md in a browser: a bad rule, its victims, repaired, let go by steps, tripped, taken back.

Desk, jobs and watch run as people run them; calls arrive as files. Whatever arrives by itself is waited for.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_S = 180
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed (scripts/system-packages)"),
]
BAD = """\
scheme: mass_dialling
defaults:
  legal: {zh: "反电信网络诈骗法第十一条", en: "Anti-Telecom and Online Fraud Law, art. 11"}
  source: "led walk"
  as_of: 2026-11-22
  owner: "反诈专班 rules desk"
  exemptions: [SERVICE_LINES, LICENSED_CENTRES, MASKED_NUMBERS]
rules:
  - id: own.busy
    version: 1
    family: volume
    title: {zh: 一小时呼出多且少有人接, en: "Many calls an hour, few answered"}
    why: "a line that calls so many and is answered by so few sounds like a machine"
    on: out
    when: out_1h > 9 and out_answered_1h / out_1h <= 0.75
    score: 72
    minimum: 10
    measure: verify
"""
REPAIR = " and contacts_24h >= 20 and out_new_24h / out_24h >= 0.8 and in_7d / out_7d <= 0.1"
_SEED = """
from datetime import date, timedelta
from fanzha.cli.django import migrate, ready
home = ready(demo=True)
migrate()
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fanzha.desk.organisations.demo import settle
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from fanzha.world.make import make_world
settle(number="+8613907110001")
province = home / "province"
make_world(province, subscribers=1500, days=2, gangs=6, seed=3, evasion="0")
with Lake(home) as lake:
    for kind in ("subscribers", "cells", "trunks"):
        import_path(lake, province / f"{kind}.parquet", kind=kind)
    days = sorted((province / "calls").glob("*.parquet"))
    for day in days:
        import_path(lake, day)
# A day of other people as if it were today: whatever the weekday, they call.
make_world(home / "other", subscribers=1500, days=1, gangs=12, seed=4, evasion="0")
(other,) = sorted((home / "other" / "calls").glob("*.parquet"))
today = pq.read_table(other).sort_by("started")
later = pa.scalar(date.today() - date.fromisoformat(other.stem[-8:]), pa.duration("us"))
for name in ("started", "answered", "ended"):
    today = today.set_column(today.schema.get_field_index(name), name, pc.add(today[name], later))
again = pc.binary_join_element_wise("t", today["call_id"], "")
today = today.set_column(today.schema.get_field_index("call_id"), "call_id", again)
cut = today.num_rows * 3 // 10
(home / "held").mkdir()
pq.write_table(today.slice(0, cut), home / "held" / "morning.parquet")
pq.write_table(today.slice(cut), home / "held" / "evening.parquet")
(home / "incoming").mkdir()
print(days[0].stem[-8:], days[-1].stem[-8:])
"""


class Desk:
    """A desk that is served, and the folder that its calls arrive in."""

    def __init__(self, address: str, home: Path, days: list[str]) -> None:
        self.address, self.home = address, home
        self.first, self.last = (f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days)

    def arrives(self, name: str) -> None:
        """Calls held back come in now, whole."""
        (self.home / "held" / name).rename(self.home / "incoming" / name)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    environment = {**os.environ, "FANZHA_HOME": str(tmp_path), "FANZHA_DEMO": "1", "FANZHA_LANG": "zh"}
    for name in ("FANZHA_SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    seed = [sys.executable, "-c", _SEED]
    made = subprocess.run(seed, env=environment, check=True, timeout=400, stdout=subprocess.PIPE, text=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "fanzha.cli.main", "serve", "--roles", "desk,jobs,watch", "--port", str(port)]
    with (tmp_path / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), "the desk answers")
        yield Desk(f"http://127.0.0.1:{port}", tmp_path, made.stdout.split()[-2:])
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


def _wait(ready: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.3)


class Person:
    """Someone at a browser of their own."""

    def __init__(self, browser: Any, desk: Desk, name: str, faults: list[str]) -> None:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        self.desk, self.page = desk, context.new_page()
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: faults.append(str(error)))
        inside = (desk.address, "data:")
        self.page.on("request", lambda asked: None if asked.url.startswith(inside) else faults.append(asked.url))
        self.page.goto(f"{desk.address}/login/")
        self.page.click(f"[data-fill={name}]")
        self.page.click(".door-card form button.btn-primary")
        self.page.wait_for_selector("nav.menu")
        self.page.click("[data-tour-shut]")

    def open(self, address: str) -> None:
        self.page.goto(f"{self.desk.address}{address}")

    def step(self, name: str, reason: str = "看过上一步") -> None:
        """Take a step, and see that it was taken."""
        before = (
            self.page.inner_text(".path [aria-current]") if self.page.query_selector(".path [aria-current]") else ""
        )
        self.page.fill("form.acts input[name=reason]", reason)
        self.page.click(f"form.acts button[value={name}]")
        self.page.wait_for_function(
            "before => !document.querySelector('.path [aria-current]') || "
            "document.querySelector('.path [aria-current]').innerText !== before",
            arg=before,
        )

    def tried(self) -> None:
        """Ask for a backtest of the lake's days, and wait for what it found."""
        self.page.fill("input[name=since]", self.desk.first)
        self.page.fill("input[name=until]", self.desk.last)
        self.page.select_option("select[name=leaf]", "0")
        self.page.click("button:has-text('在历史上试')")
        self.page.wait_for_selector("#victims")

    def look(self, name: str) -> None:
        """Keep a picture where FANZHA_PICTURES names a folder; a page must not scroll sideways."""
        folder = os.environ.get("FANZHA_PICTURES")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"lab_{name}.png"), full_page=True)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{name} is wider than the screen"


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


def test_the_led_walk(browser: Any, desk: Desk) -> None:
    faults: list[str] = []
    analyst, leader = (Person(browser, desk, name, faults) for name in ("analyst", "leader"))
    page = analyst.page

    analyst.open("/lab/")
    analyst.look("list")
    page.click("text=起草新规则")
    page.fill("textarea[name=text]", BAD.replace("out_1h > 9", "out_2h > 9"))
    page.wait_for_selector("#verdict.wrong:has-text('第 15 行')")
    analyst.look("wrong")
    page.fill("textarea[name=text]", BAD)
    page.wait_for_selector("#verdict.fine")
    page.click("button:has-text('存为草稿')")
    page.wait_for_selector(".path [aria-current]:has-text('草稿')")
    version = page.url.removeprefix(desk.address)

    analyst.tried()
    victims = page.inner_text("aside")
    for who in ("律师", "班主任", "快递"):
        assert who in victims, f"{who} is among its victims"
    page.wait_for_selector("[data-curve] canvas")
    analyst.look("bad")

    analyst.open(f"{version}edit/")
    page.fill("textarea[name=text]", BAD.replace("<= 0.75", f"<= 0.5{REPAIR}"))
    page.wait_for_selector("#verdict.fine:has-text('contacts_24h')")
    page.fill("input[name=note]", "律师、班主任、快递员都在误伤里")
    page.click("button:has-text('存为草稿')")
    page.wait_for_selector(".path [aria-current]:has-text('草稿')")
    analyst.tried()
    assert "没有误伤" in page.inner_text("#victims")
    analyst.look("repaired")
    analyst.open(version)
    assert page.query_selector("button[value=review]") is None  # four eyes

    page = leader.page
    leader.open(version)
    leader.step("review")
    leader.step("shadow")
    desk.arrives("morning.parquet")
    hits = re.compile(r"(\d+)\s*会命中的对象")

    def shadowed() -> bool:
        leader.open(version)
        found = hits.search(page.inner_text(".tiles"))
        return found is not None and int(found[1]) >= 3

    _wait(shadowed, "the shadow's hits")
    leader.look("shadow")
    leader.step("share1")
    leader.step("share10")
    leader.look("share")
    leader.step("go_live")
    page.fill("input[name=proposals]", "2")
    page.fill("form[action$='budget/'] input[name=reason]", "演练跳闸")
    page.click("button:has-text('改预算')")
    page.wait_for_selector(".tile:has-text('误停')")
    desk.arrives("evening.parquet")

    def tripped() -> bool:
        leader.open("/measures/")
        return page.query_selector(".alarm:has-text('own.busy@1')") is not None

    _wait(tripped, "the spent budget trips the rule")
    leader.look("tripped")
    page.click(".alarm a")
    page.wait_for_selector("form.acts button[value=roll_back]")
    leader.look("waits")
    page.fill("form.acts input[name=reason]", "演练结束")
    page.click("form.acts button[value=roll_back]")
    page.wait_for_selector(".path [aria-current]:has-text('已停用')")
    assert page.query_selector(".alarm") is None
    leader.look("back")
    page.click("button[lang=en]")
    page.wait_for_selector("nav.menu a[aria-current]:has-text('Rule lab')")
    assert faults == []
