"""The report page: it stands alone, trusts nothing in the records, and works in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fanzha.cli.page.story import _model
from fanzha.detection.alert import ModelRef

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--enable-logging=stderr", "--virtual-time-budget=4000"),
)
in_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")

# Clicks through the page as a reader would, and leaves what it saw in the title.
DRIVER = """
const seen = {};
const shown = () => document.querySelectorAll("details.alert:not([hidden])").length;
const visible = (node) => node && getComputedStyle(node).display !== "none";
seen.all = shown();
seen.filledBefore = document.querySelectorAll("details .body").length;
const first = document.querySelector("details.alert");
first.open = true;
setTimeout(() => {
  seen.body = first.querySelectorAll(".body .leaf").length;
  seen.model = first.querySelector(".body .model") && first.querySelector(".body .model").textContent;
  seen.records = first.querySelectorAll(".records tbody tr").length;
  seen.strip = first.querySelectorAll("svg.strip path").length;
  seen.masked = visible(first.querySelector(".who .hid")) && !visible(first.querySelector(".who .full"));
  document.getElementById("mask").click();
  seen.full = visible(first.querySelector(".who .full")) && !visible(first.querySelector(".who .hid"));
  seen.zh = visible(document.querySelector("h2 .zh"));
  document.getElementById("language").click();
  seen.en = visible(document.querySelector("h2 .en")) && !visible(document.querySelector("h2 .zh"));
  const search = document.getElementById("search");
  search.value = "no such thing"; search.dispatchEvent(new Event("input"));
  seen.none = shown();
  search.value = ""; search.dispatchEvent(new Event("input"));
  const scheme = document.getElementById("scheme");
  scheme.selectedIndex = 1; scheme.dispatchEvent(new Event("change"));
  seen.oneScheme = shown();
  scheme.selectedIndex = 0; scheme.dispatchEvent(new Event("change"));
  document.querySelector(".bands button").click();
  seen.lessABand = shown();
  document.title = JSON.stringify(seen);
}, 200);
"""


@pytest.fixture(scope="module")
def page(home: Path, tmp_path_factory: pytest.TempPathFactory, fanzha) -> Path:
    out = tmp_path_factory.mktemp("page") / "report.html"
    done = fanzha(home, "scan", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def browse(page: Path, tmp_path: Path, *flags: str, anchor: str = "") -> tuple[str, list[str]]:
    """The page as the browser holds it, and what its console said."""
    assert BROWSER is not None
    command = [
        BROWSER,
        *FLAGS,
        f"--user-data-dir={tmp_path / 'profile'}",
        *flags,
        "--dump-dom",
        f"{page.as_uri()}{anchor}",
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_it_asks_nothing_of_the_outside_and_runs_no_text_as_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", text)
    assert "default-src 'none'" in text
    assert not re.search(r"\beval\(|new Function|document\.write|@import|url\(", text)
    assert text.count("<script") == 2
    assert len(text) < 5_000_000


def test_it_speaks_both_languages(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count('class="zh"') == text.count('class="en"') > 50
    assert '<html lang="zh-CN" class="show-zh masked">' in text


def test_what_the_records_hold_is_never_markup(run, tmp_path: Path) -> None:
    evil = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    rows = "".join(f"{n},{evil},1390013{n:04d},2026-03-02T08:{n:02d}:00Z,5000\n" for n in range(20))
    (tmp_path / "calls.csv").write_text("call_id,caller,callee,started,ring_ms\n" + rows)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.yaml").write_text(
        "scheme: mass_dialling\n"
        "defaults: {legal: ours, source: ours, as_of: 2026-01-01, owner: ours}\n"
        "rules:\n"
        "  - {id: ours.any, version: 1, family: volume, title: {zh: 任何呼出, en: any call}, why: a test,\n"
        "     on: out, when: out_7d >= 4, score: 61, measure: none}\n"
    )
    run("import", tmp_path / "calls.csv")
    done = run("scan", "--dir", tmp_path / "own", "--out", tmp_path / "x.html", "--json")
    assert "onerror" in json.loads(done.stdout)["alerts"][0]["entity"]["value"]
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert text.count("<script") == 2
    assert "<img" not in text
    if BROWSER:
        dom, console = browse(tmp_path / "x.html", tmp_path)
        assert console == []
        assert "<title>owned" not in dom


@in_browser
def test_a_reader_opens_filters_unmasks_and_switches_language(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    driven = tmp_path / "driven.html"
    # Only the copy may run a second script.
    text = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", text, count=1)
    told = _model(ModelRef("outcomes", "1/ab", probability=0.912, says="fraud", points=20.0, zh=["<甲>"], en=["<a>"]))
    packed = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    text = text.replace('"model":null', f'"model":{packed}', 1)
    driven.write_text(text.replace("</body>", f"<script>{DRIVER}</script></body>"), encoding="utf-8")
    dom, console = browse(driven, tmp_path)
    assert console == []
    found = re.search(r"<title>(.*?)</title>", dom)
    assert found
    seen = json.loads(found[1].replace("&quot;", '"'))
    assert seen["all"] > 10
    assert seen["filledBefore"] == 0
    assert seen["body"] > 0
    assert seen["records"] > 0
    assert seen["model"] == "模型：诈骗 0.912Model: fraud 0.912 outcomes@1/ab +20 分score +20&lt;甲&gt;&lt;a&gt;"
    assert seen["strip"] > 0
    assert seen["masked"]
    assert seen["full"]
    assert seen["zh"]
    assert seen["en"]
    assert seen["none"] == 0
    assert 0 < seen["oneScheme"] < seen["all"]
    assert seen["lessABand"] < seen["all"]


@in_browser
def test_a_link_opens_its_alert_and_every_alert_fills_without_an_error(
    page: Path, alerts: Path, tmp_path: Path
) -> None:
    alert = json.loads(alerts.read_text(encoding="utf-8").splitlines()[0])
    dom, console = browse(page, tmp_path, "--window-size=400,800", anchor=f"?lang=en#a-{alert['id']}")
    assert console == []
    assert dom.count('class="body"') == 1
    text = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", page.read_text(encoding="utf-8"), count=1)
    opener = '<script>for (const d of document.querySelectorAll("details.alert")) { d.open = true; }</script></body>'
    (tmp_path / "all.html").write_text(text.replace("</body>", opener), encoding="utf-8")
    dom, console = browse(tmp_path / "all.html", tmp_path)
    assert console == []
    assert dom.count('class="body"') == dom.count('class="alert"') > 10
