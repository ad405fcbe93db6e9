"""Decides what `fanzha import` does and says: in = stored + quarantined + duplicates, for each file and in all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.failure import told
from fanzha.cli.language import say
from fanzha.cli.terminal import Step, console, count, foreign, note, progress, show_json, table
from fanzha.errors import InputError

if TYPE_CHECKING:
    from fanzha.records.lake import Lake
    from fanzha.records.receipt import Receipt

KINDS = ("calls", "subscribers", "cells", "trunks", "ported")
_HELP = say(
    """导入文件、目录或通配符（CSV、Parquet，可 gzip、zstd）。同一记录再导一次不会重复。

    \b
    不给 --mapping 时自动识别：fanzha 自有格式、Asterisk Master.csv、FreeSWITCH
    mod_cdr_csv、四川移动 2020 赛题原始表。每个文件：总行 = 入库 + 隔离 + 重复。

    \b
    例
      fanzha import calls.parquet
      fanzha import 'cdr/2026-11-*.csv.gz' --mapping 我的映射.yaml
      fanzha import users.csv --kind subscribers
    """,
    """Import files, folders or globs (CSV or Parquet, also gzip or zstd). The same records again add nothing.

    \b
    Without --mapping the format is recognised: Fanzha's own, Asterisk Master.csv, FreeSWITCH
    mod_cdr_csv, the Sichuan 2020 contest's tables. For each file: rows = stored + quarantined + duplicates.

    \b
    Examples
      fanzha import calls.parquet
      fanzha import 'cdr/2026-11-*.csv.gz' --mapping my-switch.yaml
      fanzha import users.csv --kind subscribers
    """,
)


@click.command("import", help=_HELP)
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--mapping", help=say("列映射：YAML 文件或内置名", "column mapping: a YAML file, or the name of a built-in one")
)
@click.option(
    "--kind", type=click.Choice(KINDS), default="calls", show_default=True, help=say("表的种类", "kind of table")
)
@click.option(
    "--network",
    type=options.NETWORK,
    help=say("哪个网络的记录（默认取自映射）", "whose switch saw it (default: as the mapping says)"),
)
@options.as_json
def command(files: tuple[str, ...], mapping: str | None, kind: str, network: str | None, as_json: bool) -> None:
    """See the help."""
    home = start.begin()
    from fanzha.records.lake import Lake

    with Lake(home) as lake, progress(say("导入", "import")) as step:
        receipts = import_all(lake, files, mapping=mapping, kind=kind, network=network, step=step)
    if as_json:
        show_json(summary(receipts))
    elif any(not receipt.refused for receipt in receipts):
        _show(receipts)
    refused = [receipt for receipt in receipts if receipt.refused]
    for receipt in refused:
        note(say("未导入：", "not imported: ") + _why(receipt))
    if refused:
        raise SystemExit(3)


def import_all(
    lake: Lake,
    files: tuple[str, ...],
    *,
    mapping: str | None = None,
    kind: str = "calls",
    network: str | None = None,
    step: Step = lambda _what, _share: None,
) -> list[Receipt]:
    """Import what each argument names; a file that cannot be read gives a receipt that says so, the others go on.

    Raises MappingError for a mapping that is no file, StorageError for the lake and its disk.
    """
    from fanzha.records.importing import import_path
    from fanzha.records.mapping import mapping_of
    from fanzha.records.receipt import Receipt

    chosen = mapping_of(mapping) if mapping is not None else None

    def tell(path: Path, rows: int) -> None:
        step(f"{path.name} {count(rows)}", None)

    receipts: list[Receipt] = []
    for name in files:
        step(Path(name).name, None)
        try:
            if not name:  # an unset variable would mean this very folder
                raise InputError("a file without a name", hint="name a file, a folder or a glob")
            receipts += import_path(lake, name, mapping=chosen, kind=kind, network=network, progress=tell)
        except InputError as error:
            receipts.append(Receipt(name, kind, network or "", mapping or "", 0, 0, 0, 0, 0, 0, 0, refused=str(error)))
    return receipts


def summary(receipts: list[Receipt]) -> dict[str, Any]:
    """The receipts and their total, as `--json` prints them."""
    total = {name: sum(getattr(receipt, name) for receipt in receipts) for name in _COUNTS}
    return {"files": [receipt._asdict() for receipt in receipts], "total": {**total, "files": len(receipts)}}


def _why(receipt: Receipt) -> str:
    """Why a file was not imported, in the language of this run: the receipt keeps the error's text."""
    message, _, hint = receipt.refused.removeprefix(f"{receipt.file}: ").partition("\n  -> ")
    return told(InputError(message, where=receipt.file, hint=hint))


_COUNTS = ("rows", "stored", "quarantined", "duplicates")


def _show(receipts: list[Receipt]) -> None:
    columns = (say("文件", "file"), say("映射", "mapping"), say("总行", "rows"), say("入库", "stored"))
    made = table(*columns, say("隔离", "quarantined"), say("重复", "duplicates"), right=(2, 3, 4, 5))
    total = summary(receipts)["total"]
    for receipt in receipts:
        if not receipt.refused:
            made.add_row(
                foreign(receipt.file), foreign(receipt.mapping), *(count(getattr(receipt, name)) for name in _COUNTS)
            )
    if len(receipts) > 1:
        made.add_section()
        made.add_row(say("合计", "total"), "", *(count(total[name]) for name in _COUNTS), style="bold")
    out = console()
    out.print(made)
    line = " = ".join((count(total["rows"]), " + ".join(count(total[name]) for name in _COUNTS[1:])))
    out.print(say(f"总行 = 入库 + 隔离 + 重复：{line}", f"rows = stored + quarantined + duplicates: {line}"))
    if total["quarantined"]:
        out.print(say("查看隔离原因：fanzha quarantine list", "see why rows were refused: fanzha quarantine list"))
