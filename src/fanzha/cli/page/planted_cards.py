"""Decides how found is set beside planted on the page, where the truth is known: only in a synthetic province."""

from __future__ import annotations

from pathlib import Path

from fanzha.cli.page import svg
from fanzha.cli.page.cards import both, card, figure, legend, table
from fanzha.cli.page.svg import Both
from fanzha.cli.planted import ORDINARY, Comparison
from fanzha.detection.pack import Pack

SCHEMES: dict[str, Both] = {
    "cell_surge": ("流动窝点", "van in one cell"),
    "dormant_card": ("静默卡", "dormant card"),
    "false_cli": ("虚假主叫", "false caller number"),
    "hand_over": ("多号接力", "hand-over"),
    "mass_dialling": ("群拨陌生号码", "mass dialling"),
    "new_card": ("新卡外呼", "new card"),
    "out_of_province": ("外省号码", "out of province"),
    "portable_bridge": ("手机口", "portable bridge"),
    "resold_card": ("转卖卡", "resold card"),
    "sequential_dialling": ("连号拨打", "sequential dialling"),
    "sim_box": ("猫池", "SIM box"),
    "targeted": ("定点诈骗", "targeted gang"),
    "wangiri": ("响一声", "one-ring bait"),
}


def planted_card(planted: Comparison) -> str:
    schemes: dict[str, list[int]] = {}
    for group in planted.groups:
        total = schemes.setdefault(group.scheme, [0, 0])
        total[0] += group.planted
        total[1] += group.found_60
    rows = [
        (SCHEMES.get(name, (name, name)), whole, part, f"{part} / {whole}")
        for name, (whole, part) in sorted(schemes.items(), key=lambda item: -item[1][0])
    ]
    names: tuple[Both, Both] = (("植入号码", "planted numbers"), ("发现（60 分以上）", "found (60 and above)"))
    colours = ("#d5dcea", "#1f8a4c")
    chart = svg.pairs(rows, colours, names) + legend([(colours[0], names[0]), (colours[1], names[1])])
    words = (
        f"8 张卡以上的猫池终端：发现 {planted.boxes_found} / {planted.boxes}；"
        f"首次预警前呼出中位数 {figure(planted.median_calls)}；"
        f"上当用户 {planted.victims} 人，其中 {planted.victims_warned} 人有受害预警。柱长按平方根。",
        f"SIM-box devices of 8 cards or more found: {planted.boxes_found} of {planted.boxes}; "
        f"median calls before the first alert {figure(planted.median_calls)}; "
        f"of {planted.victims} convinced victims {planted.victims_warned} have a warning. "
        "Bars on a square-root scale.",
    )
    return card(("植入与发现", "Found versus planted"), chart + f"<p>{both(words)}</p>")


def levels_card(planted: Comparison) -> str:
    heads: list[Both] = [
        ("手法", "scheme"),
        ("躲避", "evasion"),
        ("植入", "planted"),
        ("≥60 分", "at 60"),
        ("≥70 分", "at 70"),
        ("50 次以上", "made 50 calls"),
        ("其中 ≥70", "of these at 70"),
        ("预警前呼出", "calls before alert"),
    ]
    lines = [
        (
            both(SCHEMES.get(group.scheme, (group.scheme, group.scheme))),
            *(group.evasion, group.planted, group.found_60, group.found_70, group.busy, group.busy_70),
            figure(group.median_calls),
        )
        for group in planted.groups
    ]
    return card(("按手法与躲避程度", "By scheme and evasion"), table(heads, lines))


def honest_card(planted: Comparison, pack: Pack) -> str:
    bands = pack.words.bands.bands
    heads: list[Both] = [("正当用户", "honest people"), ("人数", "people"), *((band.zh, band.en) for band in bands)]
    labels = role_labels()
    lines = [
        (
            both(labels.get(row.role, (row.role, row.role))),
            row.people,
            *(row.bands.get(band.id, 0) or "" for band in bands),
        )
        for row in planted.honest
        if row.bands or row.role == ORDINARY
    ]
    silent = sum(not row.bands for row in planted.honest if row.role != ORDINARY)
    words = (
        f"另有 {silent} 类正当高频用户无一人被预警。",
        f"{silent} more kinds of honest heavy callers: nobody flagged.",
    )
    return card(("被预警的正当用户", "Honest people flagged"), table(heads, lines) + f"<p>{both(words)}</p>")


_ROLES: dict[str, Both] = {
    ORDINARY: ("普通用户", "ordinary people"),
    "service_line": ("服务号码", "service lines"),
    "company_line": ("企业号码", "company lines"),
}


def role_labels() -> dict[str, Both]:
    """Role -> its name in both languages."""
    from fanzha.world.habits import Roles, load_strict

    path = Path(__file__).parents[2] / "world" / "roles.yaml"
    roles = load_strict(path, Roles).roles
    return {**_ROLES, **{name: (role.zh, role.en) for name, role in roles.items()}}
