"""Decides what `fanzha explain` shows of one number, device or cell: who it is, what it did, whom it met, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import language, say
from fanzha.cli.moments import check_order, local
from fanzha.cli.scan import check_outs, network_of, put, unknown_line
from fanzha.cli.terminal import console, count, foreign, note, show_json, table
from fanzha.errors import UsageError

if TYPE_CHECKING:
    from fanzha.detection.alert import Alert, ModelRef
    from fanzha.detection.explain import Companion, Explanation
    from fanzha.detection.pack import Pack
    from fanzha.profiles.fields import EntityKind, Field

_HELP = say(
    """讲清一个号码、终端（IMEI）或小区：当前画像与逐日变化、预警与反事实、话单、联系人、终端、小区。

    \b
    预警与 fanzha scan 对同一时段给出的相同。位数相同分不清时用 --kind。

    \b
    例
      fanzha explain 13812345678
      fanzha explain 862971040912908 --json
      fanzha explain 460002910010372 --kind cell --out 小区.html
    """,
    """All about one number, device (IMEI) or cell: its profile now and by the day, its alerts with what would
    have changed them, its call records, contacts, devices and cells.

    \b
    The alerts are those that fanzha scan gives over the same time. Digits can be all three: --kind settles it.

    \b
    Examples
      fanzha explain 13812345678
      fanzha explain 862971040912908 --json
      fanzha explain 460002910010372 --kind cell --out cell.html
    """,
)


@click.command("explain", help=_HELP)
@click.argument("what")
@click.option("--kind", type=click.Choice(["number", "device", "cell"]), help=say("它是什么", "what it is"))
@options.since
@options.until
@options.network
@click.option(
    "--calls",
    "shown",
    default=20,
    type=options.ROWS,
    show_default=True,
    help=say("列出最近多少条话单", "latest calls to list"),
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help=say("写成网页 x.html", "write a page, x.html")
)
@options.rule_folders
@click.option("--json", "as_json", is_flag=True, help=say("输出 JSON（含全部话单）", "print JSON, with every call"))
def command(
    what: str,
    kind: str | None,
    first: datetime | None,
    last: datetime | None,
    network: str | None,
    shown: int,
    out: Path | None,
    directories: tuple[Path, ...],
    as_json: bool,
) -> None:
    """See the help."""
    if out is not None:
        check_outs((out,))
        if out.suffix != ".html":
            raise UsageError(say("explain 只写网页", "explain writes pages only"), hint="--out x.html | --json")
    check_order(first, last)
    home = start.begin()
    from fanzha.detection.explain import explain
    from fanzha.detection.pack import load_pack
    from fanzha.detection.subject import resolve
    from fanzha.records.lake import Lake

    with Lake(home) as lake:
        chosen = network_of(lake, network)
        pack = load_pack(start.rule_folders(home, directories), chosen)
        found = explain(lake, pack, resolve(lake, what, kind=kind), network=chosen, start=first, end=last)
        if out is not None:
            from fanzha.cli.page.subject import subject_page

            put(out, subject_page(found, lake, pack, network=chosen).encode())
    if as_json:
        show_json(as_plain(found))
    else:
        _show(found, pack, shown)
    if out is not None:
        note(say(f"已写入 {out}", f"written: {out}"))


def as_plain(found: Explanation) -> dict[str, Any]:
    """What `--json` prints."""
    import msgspec

    return {
        "entity": {"kind": found.subject.kind.name.lower(), "value": found.subject.name},
        "subscriber": found.subscriber,
        "profile": {field.name: value for field, value in found.profile},
        "days": [vars(day) for day in found.days],
        "alerts": [msgspec.to_builtins(alert) for alert in found.alerts],
        "contacts": [vars(one) for one in found.contacts],
        "devices": [vars(one) for one in found.devices],
        "cells": [vars(one) for one in found.cells],
        "calls": [
            {
                **row,
                **{side: found.names.get(row[side]) for side in ("caller_cell", "callee_cell")},
                "elsewhere": found.elsewhere.get(row["id"], []),
            }
            for row in found.calls.to_pylist()
        ],
        "unknown": found.unknown,
    }


def who(found: Explanation, *, hidden: bool = False) -> tuple[str, str]:
    """The subject in a line, in both languages: kind of number, place and holder of its range; `hidden`: masked."""
    from fanzha import numbering
    from fanzha.profiles.fields import EntityKind

    subject = found.subject
    name = numbering.mask(subject.name) if hidden else subject.name
    if subject.kind == EntityKind.DEVICE:
        form = numbering.check_imei(subject.name)
        return f"终端 {name}（TAC {form.tac or '?'}）", f"device {name} (TAC {form.tac or '?'})"
    if subject.kind == EntityKind.CELL:
        return f"小区 {name}", f"cell {name}"
    number = numbering.parse(subject.name)
    kind_zh, kind_en = numbering.kind_words(number.kind)
    zh = "，".join(each for each in (kind_zh, number.region_zh, f"号段属 {number.carrier_zh}") if each)
    en = ", ".join(each for each in (kind_en, number.region_en, f"range of {number.carrier_en}") if each)
    return f"号码 {name}（{zh}）", f"number {name} ({en})"


def _show(found: Explanation, pack: Pack, shown: int) -> None:
    out = console()
    out.print(f"[bold]{foreign(say(*who(found)))}")
    for row in found.subscriber[-1:]:
        activated = local(row["activated"]) if row["activated"] else "?"
        plan, age = foreign(row["plan"] or "?"), foreign(row["age_band"] or "?")
        out.print(say(f"开卡 {activated}，套餐 {plan}，年龄段 {age}", f"activated {activated}, plan {plan}, age {age}"))
    for alert in found.alerts:
        _show_alert(alert, pack)
    if not found.alerts:
        out.print(say("没有预警。", "No alerts."))
    out.print(_days(found))
    out.print(_profile(found))
    for title, rows in companions(found):
        if rows:
            out.print(_companions(title, rows))
    out.print(_calls(found, shown))
    if found.unknown:
        out.print(unknown_line(found.unknown))


def _show_alert(alert: Alert, pack: Pack) -> None:
    band = next(each for each in pack.words.bands.bands if each.id == alert.band)
    measure = pack.words.measures[alert.measure]
    out = console()
    out.print(
        f"\n[bold {band.colour}]{alert.score:.1f} {say(band.zh, band.en)}[/]  {say(alert.title.zh, alert.title.en)}  "
        f"{local(datetime.fromisoformat(alert.first_seen))} — {local(datetime.fromisoformat(alert.last_seen))}  "
        f"[dim]{alert.id}"
    )
    legal = "; ".join(say(words.zh, words.en) for words in alert.legal)
    out.print(f"  {say('建议', 'proposed')}: {say(measure.zh, measure.en)}  [dim]{legal}")
    told = {item.rule for item in alert.evidence}
    for rule in alert.rules:
        out.print(f"  [bold]{say(rule.title.zh, rule.title.en)}[/] [dim]{rule.id}@{rule.version} {rule.score:g}")
        for item in alert.evidence:
            if item.rule == rule.id and item.rule in told:
                out.print(f"    {'·' if item.state == 'holds' else '[dim]×'} {foreign(say(item.zh, item.en))}")
    if alert.model:
        _show_model(alert.model)
    if alert.counterfactual:
        out.print(f"  [italic]→ {foreign(say(alert.counterfactual.zh, alert.counterfactual.en))}")


def _show_model(model: ModelRef) -> None:
    """What the released model says, as one family of evidence, or that it abstains."""
    from fanzha.cli.page.story import SAYS

    says = SAYS[model.says]
    chance = "" if model.probability is None else f" {model.probability:.3f}"
    head = f"[bold]{say('模型', 'Model')}[/] {say(*says)}{chance} [dim]{model.name}@{model.version} +{model.points:g}"
    console().print(f"  {head}")
    for sentence in model.zh if language() == "zh" else model.en:
        console().print(f"    [dim]· {foreign(sentence)}")


def _days(found: Explanation) -> object:
    columns = (say("日", "day"), say("呼出", "outgoing"), say("接通", "answered"), say("呼入", "incoming"))
    made = table(*columns, say("联系人", "contacts"), say("通话秒", "talked s"), title=say("逐日", "By the day"),
                 right=(1, 2, 3, 4, 5))  # fmt: skip
    for day in found.days:
        figures = (day.outgoing, day.answered, day.incoming, day.contacts, day.talk_s)
        made.add_row(day.day, *(count(figure) for figure in figures))
    return made


def _profile(found: Explanation) -> object:
    """Windows as columns, the rest below them."""
    windows = ("5m", "1h", "24h", "7d", "30d")
    made = table(
        say("画像（最后一次通话之后）", "Profile (right after the last call)"), *windows, right=(1, 2, 3, 4, 5)
    )
    by_name = {field.name: (field, value) for field, value in found.profile}
    rows: dict[str, list[str]] = {}
    for name, (_, value) in by_name.items():
        stem, _, window = name.rpartition("_")
        if window in windows and not name.startswith(("gears", "places", "active")):
            rows.setdefault(stem, [""] * 5)[windows.index(window)] = figure(value)
        else:
            rows[name] = [figure(value), "", "", "", ""]
    for name, cells in rows.items():
        made.add_row(label(name, by_name, found.subject.kind), *cells)
    return made


def label(name: str, by_name: dict[str, tuple[Field, float | None]], kind: EntityKind) -> str:
    """A field's name for people; for a counter of several windows without its window."""
    from fanzha.profiles.fields import COUNTERS
    from fanzha.profiles.labels import counter, words

    for known, zh, en, _ in COUNTERS:
        if known == name:
            return say(*counter(known, zh, en, kind))
    return say(*words(by_name[name][0], kind))


def figure(value: float | None) -> str:
    """A field's value; unknown is a question mark, never zero."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def companions(found: Explanation) -> Iterator[tuple[tuple[str, str], Sequence[Companion]]]:
    """What it was seen with, by the sense it has for this kind of subject."""
    from fanzha.profiles.fields import EntityKind

    device = found.subject.kind == EntityKind.DEVICE
    number = found.subject.kind == EntityKind.NUMBER
    yield (("联系人", "Contacts") if number else ("用过的号码", "Numbers seen with it")), found.contacts
    yield (("卡（IMSI）", "Cards (IMSI)") if device else ("终端", "Devices")), found.devices
    yield ("小区", "Cells"), found.cells


def _companions(title: tuple[str, str], rows: Sequence[Companion]) -> object:
    columns = (say(*title), say("次数", "calls"), say("呼出", "outgoing"), say("接通", "answered"))
    made = table(*columns, say("通话秒", "talked s"), say("最早", "first"), say("最晚", "last"), right=(1, 2, 3, 4))
    for row in rows[:10]:
        figures = (count(each) for each in (row.calls, row.outgoing, row.answered, row.talk_s))
        made.add_row(foreign(row.name), *figures, local(row.first), local(row.last))
    return made


def _calls(found: Explanation, shown: int) -> object:
    from fanzha import numbering

    total = count(found.calls.num_rows)
    columns = (say("时间", "time"), say("主叫", "caller"), say("被叫", "called"), say("振铃秒", "rang s"))
    others = (say("他网亦见", "also seen by"),) if found.elsewhere else ()
    made = table(*columns, say("通话秒", "talked s"), say("小区", "cell"), *others, right=(3, 4),
                 title=say(f"最近的话单（共 {total} 条）", f"Latest call records (of {total})"))  # fmt: skip
    for row in found.calls.slice(max(0, found.calls.num_rows - shown)).to_pylist():
        ring = "?" if row["ring_ms"] is None else f"{row['ring_ms'] / 1000:.0f}"
        talk = "—" if row["answered"] is None else f"{(row['talk_ms'] or 0) / 1000:.0f}"
        ends = (foreign(numbering.display(row[side] or 0, row[f"{side}_raw"])) for side in ("caller", "callee"))
        also = (", ".join(found.elsewhere.get(row["id"], ())),) if others else ()
        made.add_row(local(row["started"]), *ends, ring, talk, foreign(found.names.get(row["caller_cell"], "")), *also)
    return made
