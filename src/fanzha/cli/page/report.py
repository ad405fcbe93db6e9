"""Decides what the report page says: everything that a scan found, in one file, in Chinese and English."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa

from fanzha import __version__
from fanzha.cli.moments import zone
from fanzha.cli.page import svg
from fanzha.cli.page.cards import both, card, legend, masked
from fanzha.cli.page.gather import COLUMNS, Gathered, gather
from fanzha.cli.page.planted_cards import honest_card, levels_card, planted_card
from fanzha.cli.page.story import Names, story
from fanzha.cli.planted import Comparison
from fanzha.detection.alert import Alert
from fanzha.detection.pack import Pack
from fanzha.detection.scan import Scan
from fanzha.records.lake import Lake

CAP = 500  # alerts on one page: more make a file that no telephone opens
_HERE = Path(__file__).parent
_TOKEN = re.compile(r"%%(\w+)%%")
_HOURS = 24 * 16  # bars beyond which hours are drawn as days
_MISSING = {
    "subscribers": ("用户资料（开卡时间、证件、常用终端）", "subscribers (age of a card, document, home device)"),
    "cells": ("小区资料（位置、区域）", "cells (place, region)"),
    "trunks": ("中继资料（许可号段）", "trunks (permitted ranges)"),
}
_DETAILS = {
    "caller_raw": ["显示的主叫", "caller as shown"],
    "trunk": ["中继", "trunk"],
    "ingress": ["来话方向", "ingress"],
}
Both = svg.Both


def report(
    scan: Scan,
    lake: Lake,
    pack: Pack,
    *,
    network: str = "default",
    planted: Comparison | None = None,
    title: Both = ("预警报告", "Fraud alerts"),
    extra: str = "",
    calls: Iterable[pa.RecordBatch] | None = None,
    made: datetime | None = None,
) -> str:
    """The whole page.

    `planted` adds the comparison with a synthetic province; `extra` is trusted HTML, put first; `calls` are the records
    that the page is about where these are not the whole lake.
    """
    shown = scan.alerts[:CAP]
    batches = lake.scan(COLUMNS, network=network) if calls is None else calls
    rows = gather(batches, scan.alerts, shown)
    names = Names()
    stories = [story(alert, rows.records, pack, names) for alert in shown]
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    first, last, _ = lake.span(network)
    parts = {
        "title": "Fanzha 反诈 · " + " · ".join(title),
        "heading": both(title),
        "about": _about(pack, network, first, last),
        "tiles": _tiles(scan, pack),
        "notes": _notes(scan),
        "extra": extra,
        "charts": _charts(scan, pack, rows, planted),
        "bands": _band_buttons(scan, pack),
        "schemes": _scheme_options(scan, pack),
        "search": "搜索号码、手法…",
        "rows": "".join(_row(at, alert, pack) for at, alert in enumerate(shown)),
        "cut": _cut(len(shown), len(scan.alerts)),
        "footer": _footer(made or datetime.now(UTC)),
        "data": _json({
            "alerts": stories,
            "names": names.table(),
            "rules": names.rules(),
            "doors": names.doors(),
            "total": len(scan.alerts),
            "words": {"search": ["搜索号码、手法…", "search number, scheme …"]},
            "details": _DETAILS,
        }),
        "script": script,
        "script_hash": "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "style": (_HERE / "page.css").read_text(encoding="utf-8"),
    }  # fmt: skip
    template = (_HERE / "page.html").read_text(encoding="utf-8")
    return _TOKEN.sub(lambda token: parts[token[1]], template)


def _json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _about(pack: Pack, network: str, first: datetime | None, last: datetime | None) -> str:
    span = " — ".join(f"{moment.astimezone(zone()):%Y-%m-%d %H:%M}" for moment in (first, last) if moment)
    return both(
        (
            f"网络 {network}，{span}（北京时间）。规则包 {pack.hash}，{len(pack.rules)} 条规则。"
            "分值是怀疑程度，不是结论：任何处置都由人决定，并可申诉。",
            f"Network {network}, {span} (China time). Rule pack {pack.hash}, {len(pack.rules)} rules. "
            "A score is a suspicion, not a verdict: people decide on every measure, and it can be appealed.",
        )
    )


def _tiles(scan: Scan, pack: Pack) -> str:
    counts = Counter(alert.band for alert in scan.alerts)
    entities = len({(alert.entity.kind, alert.entity.value) for alert in scan.alerts})
    tiles = [(scan.calls, ("通话", "calls"), "#8fa6cf"), (entities, ("涉及对象", "entities flagged"), "#8fa6cf")]
    tiles += [(counts[band.id], (band.zh, band.en), band.colour) for band in reversed(pack.words.bands.bands)]
    return "".join(
        f'<div class="tile" style="border-color:{colour}"><b>{value:,}</b>{both(words)}</div>'
        for value, words, colour in tiles
    )


def _notes(scan: Scan) -> str:
    if not scan.unknown:
        return ""
    missing = [_MISSING.get(name, (name, name)) for name in scan.unknown]
    zh = "未导入，因此不知道：" + "；".join(words[0] for words in missing) + "。依赖它们的规则不会触发。"
    en = f"Never imported, so not known: {'; '.join(words[1] for words in missing)}. Rules that need them stay silent."
    return f'<p class="note">{both((zh, en))}</p>'


def _charts(scan: Scan, pack: Pack, rows: Gathered, planted: Comparison | None) -> str:
    hours = _by_hour(rows)
    if planted is None:
        return hours + _by_scheme(scan, pack)
    cards = [planted_card(planted), _by_scheme(scan, pack), honest_card(planted, pack), levels_card(planted)]
    return hours + "".join(cards)


def _by_scheme(scan: Scan, pack: Pack) -> str:
    bands = list(reversed(pack.words.bands.bands))
    counts = Counter((alert.scheme, alert.band) for alert in scan.alerts)
    bars = [
        svg.Bar(
            (scheme.zh, scheme.en),
            tuple((float(counts[scheme.id, band.id]), band.colour, (band.zh, band.en)) for band in bands),
        )
        for scheme in pack.schemes.values()
        if any(counts[scheme.id, band.id] for band in bands)
    ]
    bars.sort(key=lambda bar: -sum(size for size, _, _ in bar.pieces))
    below = legend([(band.colour, (f"{band.colour_zh} {band.zh}", band.en)) for band in bands])
    return card(("各类手法的预警", "Alerts by scheme"), svg.stacked(bars) + below)


def _by_hour(rows: Gathered) -> str:
    times = [datetime.fromtimestamp(int(hour) * 3600, UTC).astimezone(zone()) for hour in rows.hours]
    calls, flagged = rows.calls.tolist(), rows.flagged.tolist()
    title = ("每小时通话与被预警者的份额", "Calls by the hour, and the share of those flagged")
    if len(times) > _HOURS:
        title = ("每日通话与被预警者的份额", "Calls by the day, and the share of those flagged")
        days: dict[datetime, list[int]] = {}
        for time, total, bad in zip(times, calls, flagged, strict=True):
            day = days.setdefault(time.replace(hour=0), [0, 0])
            day[0] += total
            day[1] += bad
        times, calls, flagged = list(days), [day[0] for day in days.values()], [day[1] for day in days.values()]
    chart = f'<div class="scroll"><div class="timeline">{svg.by_time(times, calls, flagged)}</div></div>'
    below = legend(
        [("var(--calm)", ("全部通话", "all calls")), ("var(--bad)", ("被预警者呼出", "made by whom an alert is about"))]
    )
    return card(title, chart + below, wide=True)


def _band_buttons(scan: Scan, pack: Pack) -> str:
    counts = Counter(alert.band for alert in scan.alerts[:CAP])
    return "".join(
        f'<button type="button" aria-pressed="true" data-band="{band.id}"><i style="background:{band.colour}"></i>'
        f"{both((band.zh, band.en))} {counts[band.id]}</button>"
        for band in reversed(pack.words.bands.bands)
    )


def _scheme_options(scan: Scan, pack: Pack) -> str:
    present = Counter(alert.scheme for alert in scan.alerts[:CAP])
    return '<option value="" data-zh="全部手法" data-en="all schemes">全部手法</option>' + "".join(
        f'<option value="{scheme.id}" data-zh="{escape(scheme.zh)} ({present[scheme.id]})" '
        f'data-en="{escape(scheme.en)} ({present[scheme.id]})">{escape(scheme.zh)} ({present[scheme.id]})</option>'
        for scheme in pack.schemes.values()
        if present[scheme.id]
    )


_KINDS: dict[str, Both] = {"number": ("号码", "number"), "device": ("终端", "device"), "cell": ("小区", "cell")}


def _row(at: int, alert: Alert, pack: Pack) -> str:
    band = next(band for band in pack.words.bands.bands if band.id == alert.band)
    measure = pack.words.measures[alert.measure]
    first = datetime.fromisoformat(alert.first_seen).astimezone(zone())
    more = f" +{len(alert.rules) - 2}" if len(alert.rules) > 2 else ""
    strongest = [rule.title for rule in alert.rules[:2]]
    rules = ("；".join(title.zh for title in strongest) + more, "; ".join(title.en for title in strongest) + more)
    query = escape(" ".join((alert.entity.value, alert.scheme, alert.title.zh, alert.title.en)).lower(), quote=True)
    return (
        f'<details class="alert" id="a-{alert.id}" data-at="{at}" data-band="{band.id}" data-scheme="{alert.scheme}" '
        f'data-q="{query}" style="--c:{band.colour}"><summary>'
        f'<span class="score">{alert.score:.1f}<small>{both((band.zh, band.en))}</small></span>'
        f'<span class="who">{masked(alert.entity.value)}<small>{both(_KINDS[alert.entity.kind])}</small></span>'
        f'<span class="what">{both((alert.title.zh, alert.title.en))}<small>{first:%Y-%m-%d %H:%M}</small></span>'
        f'<span class="why">{both(rules)}</span><span class="act">{both((measure.zh, measure.en))}</span>'
        "</summary></details>"
    )


def _cut(shown: int, total: int) -> str:
    if shown == total:
        return ""
    words = (
        f"共 {total} 条预警，本页只列分值最高的 {shown} 条；全部见 fanzha scan --out alerts.jsonl。",
        f"{total} alerts in all; this page lists the {shown} of the highest score. "
        "All of them: fanzha scan --out alerts.jsonl.",
    )
    return f'<p class="note">{both(words)}</p>'


def _footer(made: datetime) -> str:
    when = made.astimezone(zone())
    return both(
        (
            f"Fanzha {__version__} 于 {when:%Y-%m-%d %H:%M} 生成。"
            "本页自足，不发出任何网络请求；号码默认隐藏，含个人信息，请妥善保管。",
            f"Made by Fanzha {__version__} on {when:%Y-%m-%d %H:%M}. This page stands alone and sends nothing; "
            "it holds personal data, masked until asked: keep it safe.",
        )
    )
