"""A small province behind the desk, its gateway and the demonstration's telephones, and Debian's own Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fanzha.cli.telephony.programs import free_port
from fanzha.desk.organisations.demo import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 120_000  # a slow machine beside other tests
_LINE = [sys.executable, "-m", "fanzha.cli.main"]

# Two alerts are made as strong as a gang's of several days, so that one day of calls will do: the tour follows one, and
# whoever works at the desk before it may have decided the other.
_SEED = """
import shutil, subprocess, sys
from pathlib import Path
from django.utils import timezone
from fanzha.cli.django import migrate, ready
home = ready(demo=True)
migrate()
from fanzha.cli.roles import make_key
from fanzha.desk.alerts.models import Alert
from fanzha.desk.jobs import take_alerts
from fanzha.desk.organisations.demo import settle
from fanzha.world.make import make_world
make_key(home)
settle(number="+8613907110001")
make_world(home / "province", subscribers=600, days=1, gangs=6, seed=3, evasion="0")
(home / "incoming").mkdir()
for day in sorted((home / "province" / "calls").glob("*.parquet")):
    shutil.copyfile(day, home / "incoming" / day.name)
watch = [sys.executable, "-m", "fanzha.cli.main", "watch", str(home / "incoming"), "--once", "--json"]
subprocess.run(watch, check=True, stdout=subprocess.DEVNULL)
take_alerts(timezone.now())
for alert in Alert.objects.filter(kind="number", value__startswith="+861").order_by("-score", "pk")[:2]:
    alert.body["rules"] += [{**alert.body["rules"][0], "family": "device", "id": "sim_box.many_cards"}]
    alert.score, alert.band, alert.measure, alert.region = 95.0, "stop", "stop", "420100"
    alert.save()
"""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk as `fanzha serve` runs it, with a gateway that follows it, and telephones."""
    home = tmp_path_factory.mktemp("h")
    environment = {**os.environ, "FANZHA_HOME": str(home), "FANZHA_DEMO": "1", "FANZHA_LANG": "zh"}
    for name in ("FANZHA_SECRET_KEY", "DATABASE_URL"):
        environment.pop(name, None)
    subprocess.run([sys.executable, "-c", _SEED], env=environment, check=True, timeout=500)
    port, sip = free_port(), f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        for arguments in (
            ("serve", "--roles", "desk,jobs", "--port", str(port)),
            ("gateway", "--sip", sip, "--http", "off"),
            ("serve", "--only", "telephones", "--engine", sip),
        ):
            process = subprocess.Popen([*_LINE, *arguments], env=environment)
            stack.callback(_end, process)
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/healthz")
        yield address


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(address: str) -> None:
    until = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the browser; must stay empty."""
    return []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for a file, closed with its event loop before others run; each test has contexts of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any, served: str, faults: list[str]) -> Iterator[Callable[..., Any]]:
    """A page in a context of its own; every console message and outside request is a fault."""
    contexts = []

    def begin(*, width: int = 1366, height: int = 768, language: str = "zh-CN", toured: bool = False) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        contexts.append(context)
        if not toured:
            context.add_cookies([{"name": "fanzha_tour_shut", "value": "1", "url": served}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith((served, "data:")) else faults.append(asked.url))
        return page

    yield begin
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(served: str) -> Callable[[Any, str], None]:
    """As one of the demonstration's people."""

    def enter(page: Any, name: str) -> None:
        page.goto(f"{served}/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.click(".door-card form button.btn-primary")
        page.wait_for_url(lambda url: "/login" not in url)

    return enter
