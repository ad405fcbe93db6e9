"""Decides what a model's card tells those who release it and those it will judge, in Chinese and in English.

A card (模型卡) stands beside every version, signed with it: what it learnt from, how it compares, when it is silent,
what it may not do. Markdown for reading beside the files, HTML for the desk.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from fanzha.detection.learning.contest import Contest, Figure, Side
from fanzha.detection.learning.shelf import Lineage
from fanzha.detection.learning.terms import features, terms
from fanzha.detection.models.model import Model
from fanzha.detection.models.report import Report

CARD = "card.json"


class Section(NamedTuple):
    """A heading, sentences, and a table: its first row is the head; empty for none."""

    title: str
    said: list[str]
    rows: list[list[str]] = []  # noqa: RUF012 - a tuple's default is never changed


_MEASURES = {
    "auc": ("AUC", "AUC"),
    "average_precision": ("平均精度", "average precision"),
    "recall_at_fpr_1pct": ("误报 1 % 时召回", "recall at 1 % false positives"),
    "recall_at_fpr_01pct": ("误报 0.1 % 时召回", "recall at 0.1 % false positives"),
    "brier": ("Brier 误差（越低越好）", "Brier error (lower is better)"),
}
_ADVICE = {
    "first": ("尚无现用模型可比，或可比样本不足。", "There is no champion to compare with, or too few rows to do so."),
    "better": (
        "挑战者更好：平均精度之差的 95 % 区间在零以上。",
        "Better: the interval of the difference lies above 0.",
    ),
    "alike": ("分不出高下：平均精度之差的区间含零。", "Alike: the interval of the difference in precision holds 0."),
    "worse": ("挑战者更差：平均精度之差的区间在零以下。", "Worse: the interval of the difference lies below 0."),
}
_SOURCES = {
    "confirmed": ("研判属实", "confirmed by an analyst"),
    "dismissed": ("研判排除", "dismissed by an analyst"),
    "police": ("公安反馈", "answer of the police"),
    "wrong_stop": ("误停", "wrong stop"),
    "appeal": ("申诉成立", "appeal upheld"),
}
_APART = {
    "not_number": ("不是号码", "not numbers"),
    "superseded": ("被后来的结论取代", "superseded by a later one"),
    "older": ("更早（超出上限）", "older than the limit takes"),
    "no_calls": ("此前没有通话", "no call by then"),
    "across_the_split": ("行为在分界前、结论在分界后", "behaved before the split, known after"),
    "compared_on": ("用于比较", "compared on"),
}


def cards(lineage: Lineage, report: Report, model: Model) -> dict[str, bytes]:
    """The files card.zh.md, card.en.md, card.zh.html and card.en.html; card.json holds the same for a page of ours."""
    made: dict[str, bytes] = {}
    whole: dict[str, list[Section]] = {}
    for at, language in enumerate(("zh", "en")):
        title = (
            f"模型卡：{lineage.network} 第 {lineage.number} 版",
            f"Model card: {lineage.network} v{lineage.number}",
        )
        told = whole[language] = sections(lineage, report, model, at)
        made[f"card.{language}.md"] = _markdown(title[at], told).encode()
        made[f"card.{language}.html"] = _html(title[at], told, language).encode()
    return {**made, CARD: msgspec.json.encode(whole)}


def read_card(data: bytes) -> dict[str, list[Section]]:
    """The sections in card.json by language. Raises msgspec.DecodeError."""
    return msgspec.json.decode(data, type=dict[str, list[Section]])


def sections(lineage: Lineage, report: Report, model: Model, at: int) -> list[Section]:
    """The card; `at` 0 is Chinese, 1 English."""
    found = lineage.contest
    return [
        _about(lineage, report, model, at),
        _learnt(lineage, at),
        _compared(found, at),
        _calibrated(report, at),
        _silent(found, at),
        _may(at),
    ]


def _about(lineage: Lineage, report: Report, model: Model, at: int) -> Section:
    members = len(model.card.members)
    said = (
        f"{members} 个成员的集成（LightGBM 与逻辑回归），读号码画像的 {len(features())} 个字段；"
        "不看本系统自己的预警分。",
        f"{members} members (LightGBM, logistic regression) over {len(features())} fields of a number's profile; it "
        "never sees the score that our own rules gave.",
    )
    rows = [
        _pair(at, "指纹", "fingerprint", lineage.model),
        _pair(at, "训练时间", "made", f"{lineage.made_at} · {lineage.made_by}"),
        _pair(at, "随机种子", "seed", str(lineage.seed)),
        _pair(at, "训练表", "training table", f"SHA-256 {report.table_sha256}"),
        _pair(at, "软件版本", "versions", ", ".join(f"{name} {each}" for name, each in model.card.versions.items())),
    ]
    return Section(
        ("它是什么", "What it is")[at], [said[at]], [_pair(at, "项目", "item", ("内容", "value")[at]), *rows]
    )


def _learnt(lineage: Lineage, at: int) -> Section:
    learnt = lineage.learnt
    until = _day(lineage.until)
    said = (
        f"只用 {until} 之前已知的结论，画像取自行为被判断的那一刻，不含其后的任何通话。",
        f"Only outcomes known before {until}, each with the profile of the moment that was judged and no later call.",
    )
    rows = [
        _pair(at, "诈骗", "fraudulent", str(learnt["fraud"])),
        _pair(at, "经判断的诚实者", "judged honest", str(learnt["judged_honest"])),
        _pair(at, "推定诚实（随机抽取）", "presumed honest (drawn at random)", str(learnt["presumed_honest"])),
        *(_pair(at, "未用：" + _APART[k][0], "left out: " + _APART[k][1], str(n)) for k, n in lineage.apart.items()),
        *(
            _pair(at, "来源：" + _SOURCES.get(k, (k, k))[0], "source: " + _SOURCES.get(k, (k, k))[1], str(n))
            for k, n in lineage.sources.items()
        ),
    ]
    return Section(("学自什么", "What it learnt from")[at], [said[at]], [_pair(at, "样本", "examples", "#"), *rows])


def _compared(found: Contest, at: int) -> Section:
    said = (
        f"在 {_day(found.split)} 之后的 {found.rows} 个样本上比较（诈骗 {found.fraud}，经判断诚实 "
        f"{found.judged_honest}，推定诚实 {found.presumed_honest}），两者都没有学过它们。方括号内为 95 % 区间。",
        f"Compared on {found.rows} examples after {_day(found.split)} (fraudulent {found.fraud}, judged honest "
        f"{found.judged_honest}, presumed honest {found.presumed_honest}), from which neither has learnt. "
        "95 % intervals in brackets.",
    )
    head = [("指标", "measure")[at], ("挑战者", "challenger")[at] + f" v{found.challenger.version}"]
    if found.champion is not None:
        head += [("现用", "champion")[at] + f" v{found.champion.version}", ("差", "difference")[at]]
    rows = [_compared_row(found, name, at) for name in _MEASURES]
    ece = [("校准误差 ECE", "calibration error (ECE)")[at], f"{found.challenger.ece:.3f}"]
    if found.champion is not None:
        ece += [f"{found.champion.ece:.3f}", f"{found.challenger.ece - found.champion.ece:+.3f}"]
    return Section(
        ("与现用模型相比", "Beside the champion")[at], [said[at], _ADVICE[found.advice][at]], [head, *rows, ece]
    )


def _compared_row(found: Contest, name: str, at: int) -> list[str]:
    row = [_MEASURES[name][at], _figure(found.challenger.figures[name])]
    if found.champion is not None:
        row += [_figure(found.champion.figures[name]), _figure(found.difference[name], sign=True)]
    return row


def _calibrated(report: Report, at: int) -> Section:
    said = (
        "概率按训练样本中诈骗的占比校准；真实人群中诈骗少得多，请用来排序，不要当作某人的风险读。",
        "Probabilities are calibrated to the share of fraud among the examples; among all people it is far rarer: rank "
        "by them, do not read them as a person's risk.",
    )
    head = [("概率区间", "probability")[at], ("样本", "examples")[at], ("所说", "said")[at], ("所见", "found")[at]]
    rows = [
        [f"{b.low:.1f}–{b.high:.1f}", str(b.rows), f"{b.said:.2f}", f"{b.found:.2f}"] for b in report.calibration.bins
    ]
    return Section(("校准（训练段交叉验证）", "Calibration (cross-validated)")[at], [said[at]], [head, *rows])


def _silent(found: Contest, at: int) -> Section:
    bounds, side = terms(), found.challenger
    low, high = bounds.unsure
    said = (
        f"概率在 {low} 与 {high} 之间、通话少于 {bounds.least_calls} 次或未知字段超过 {bounds.most_unknown:.0%} 时"
        f"弃权。比较样本中弃权 {side.abstained} 个；说“诈骗”的：{_said(side, at)}。",
        f"It abstains between {low} and {high}, below {bounds.least_calls} calls, and where more than "
        f"{bounds.most_unknown:.0%} of the fields are unknown: {side.abstained} of the examples compared on. "
        f"It said fraud of {_said(side, at)}.",
    )
    return Section(("何时沉默", "When it is silent")[at], [said[at]])


def _said(side: Side, at: int) -> str:
    names = (("诈骗", "the fraudulent"), ("经判断诚实", "the judged honest"), ("推定诚实", "the presumed honest"))
    return ("，" if at == 0 else ", ").join(
        f"{name[at]} {count}" for name, count in zip(names, side.said_fraud.values(), strict=True)
    )


def _may(at: int) -> Section:
    said = (
        [
            "模型自成一类证据。它可以抬高规则已经发出的预警，但抬不过单一类别的上限；它不能自己发出预警，更不能停机。",
            "由一人提出、另一人批准后才启用；撤回是一步，前一版立即恢复。",
            "结论来自已被怀疑的人和随机抽取的人；没有人投诉、没有人怀疑的新手法，它没有学过。",
        ],
        [
            "A model is one family of evidence. It may raise an alert that rules gave, never past the cap of a single "
            "family; it raises none by itself and suspends nobody.",
            "It speaks once one person has asked for it and another has approved; going back is one act.",
            "It learnt from people already suspected and from people drawn at random: a new scheme that nobody "
            "suspected is not among them.",
        ],
    )
    return Section(("能做什么，不能做什么", "What it may do")[at], said[at])


def _pair(at: int, zh: str, en: str, value: str) -> list[str]:
    return [(zh, en)[at], value]


def _figure(found: Figure, *, sign: bool = False) -> str:
    shape = "+.3f" if sign else ".3f"
    return f"{found.value:{shape}} [{found.low:{shape}}, {found.high:{shape}}]"


def _day(t: int) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _markdown(title: str, told: list[Section]) -> str:
    lines = [f"# {title}"]
    for each in told:
        lines += ["", f"## {each.title}", "", *each.said]
        if each.rows:
            head, *rows = each.rows
            lines += ["", _row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _html(title: str, told: list[Section], language: str) -> str:
    body = "".join(map(_section, told))
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        "<style>body{font:15px/1.6 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}</style>"
        f"<h1>{html.escape(title)}</h1>{body}</html>\n"
    )


def _section(each: Section) -> str:
    said = "".join(f"<p>{html.escape(line)}</p>" for line in each.said)
    rows = "".join(
        "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"
        for row, tag in zip(each.rows, ["th"] + ["td"] * len(each.rows), strict=False)
    )
    return f"<h2>{html.escape(each.title)}</h2>{said}" + (f"<table>{rows}</table>" if rows else "")
