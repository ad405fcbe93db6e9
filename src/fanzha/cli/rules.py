"""Decides what `fanzha rules` shows: whether rules and vocabulary are right, which there are, and one in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import language, say
from fanzha.cli.scan import stage_of
from fanzha.cli.terminal import console, foreign, note, show_json, table

if TYPE_CHECKING:
    from fanzha.detection.pack import Pack
    from fanzha.detection.rule import Rule

_HELP = say(
    """规则包：内置规则，加上 FANZHA_HOME/rules 与 --dir 目录里的（同名者覆盖）。

    \b
    例
      fanzha rules check
      fanzha rules check --dir ./我的规则
      fanzha rules list
      fanzha rules show mass_dialling.strangers
    """,
    """The rule pack: the built-in rules, with those of FANZHA_HOME/rules and --dir beside or in place of them.

    \b
    Examples
      fanzha rules check
      fanzha rules check --dir ./my-rules
      fanzha rules list
      fanzha rules show mass_dialling.strangers
    """,
)
_network = click.option(
    "--network",
    default="default",
    type=options.NETWORK,
    show_default=True,
    help=say("按哪个网络的发布", "as released in which network"),
)


@click.group("rules", help=_HELP)
def command() -> None:
    """The group."""


@command.command(
    "check", help=say("检查规则与词表；有错则退出码 4", "check rules and vocabulary; exit 4 where one is wrong")
)
@options.rule_folders
@options.as_json
def check(directories: tuple[Path, ...], as_json: bool) -> None:
    """Exit 4 with a line for each fault."""
    folders = start.rule_folders(start.begin(), directories)
    from fanzha.detection.pack import check as check_pack
    from fanzha.detection.pack import load_pack
    from fanzha.vocabulary import check_all

    faults = [*check_all(), *check_pack(folders)]
    pack = None if faults else load_pack(folders)
    if as_json:
        show_json(
            {
                "ok": not faults,
                "faults": faults,
                "rules": len(pack.rules) if pack else 0,
                "pack": pack.hash if pack else None,
            }
        )
    elif pack is not None:
        schemes = len({rule.scheme for rule in pack.rules})
        print(
            say(
                f"没有错误：{len(pack.rules)} 条规则，{schemes} 类手法，规则包 {pack.hash}",
                f"no faults: {len(pack.rules)} rules for {schemes} schemes, pack {pack.hash}",
            )
        )
    else:
        for fault in faults:
            note(fault)
    if faults:
        raise SystemExit(4)


@command.command("list", help=say("列出全部规则", "list every rule"))
@_network
@options.rule_folders
@options.as_json
def list_rules(network: str, directories: tuple[Path, ...], as_json: bool) -> None:
    """One line a rule."""
    pack = _pack(directories, network)
    if as_json:
        show_json([describe(rule, pack) for rule in pack.rules])
        return
    headings = (
        say("规则", "rule"),
        say("说明", "title"),
        say("对象", "entity"),
        say("类", "family"),
        say("分", "score"),
        say("阶段", "stage"),
    )
    for scheme in pack.schemes.values():
        rules = [rule for rule in pack.rules if rule.scheme == scheme.id]
        if not rules:
            continue
        made = table(*headings, title=foreign(f"{scheme.zh} {scheme.en}  [{scheme.id}]"), right=(4,))
        for rule in rules:
            score = f"{rule.score:g}" if rule.score else say("事实", "fact")
            made.add_row(
                f"{rule.id}@{rule.version}",
                getattr(rule.title, language()),
                rule.entity.name.lower(),
                rule.family,
                score,
                stage_of(rule) or say("全量", "live"),
            )
        console().print(made)


@command.command("show", help=say("查看一条规则", "show one rule in full"))
@click.argument("rule_id")
@_network
@options.rule_folders
@options.as_json
def show(rule_id: str, network: str, directories: tuple[Path, ...], as_json: bool) -> None:
    """Everything that is written about it."""
    pack = _pack(directories, network)
    found = describe(pack.rules[pack.index(rule_id)], pack)
    if as_json:
        show_json(found)
        return
    made = table("", "")
    made.show_header = False
    for name, value in found.items():
        text = f"{value['zh']} / {value['en']}" if isinstance(value, dict) and "zh" in value else str(value)
        made.add_row(f"[bold]{name}", foreign(text))
    console().print(made)


def describe(rule: Rule, pack: Pack) -> dict[str, Any]:
    """A rule as plain JSON."""
    measure = pack.words.measures[rule.measure]
    return {
        "id": rule.id,
        "version": rule.version,
        "stage": str(rule.stage),
        "share": list(rule.share),
        "scheme": rule.scheme,
        "family": rule.family,
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "why": rule.why,
        "entity": rule.entity.name.lower(),
        "on": rule.on,
        "when": rule.text or f"false caller number {rule.cli}",
        "minimum": rule.minimum,
        "score": rule.score,
        "emits": rule.emits.fact if rule.emits else None,
        "measure": {"id": measure.id, "zh": measure.zh, "en": measure.en},
        "exemptions": list(rule.exemptions),
        "legal": {"zh": rule.legal.zh, "en": rule.legal.en},
        "source": rule.source,
        "as_of": str(rule.as_of),
        "owner": rule.owner,
        "where": rule.where,
    }


def _pack(directories: tuple[Path, ...], network: str) -> Pack:
    folders = start.rule_folders(start.begin(), directories)
    from fanzha.detection.pack import load_pack

    return load_pack(folders, network)
