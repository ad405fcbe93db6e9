"""Decides what `fanzha train` asks for and tells: a report by cross-validation, and a signed model in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.terminal import console, note, progress

_HELP = say(
    """用带标签的表（CSV 或 Parquet，每行一个用户）训练模型，交叉验证后写入 --out 并签名。

    \b
    不给 --mapping 时按常见列名认标签与编号；模型自成一类证据，单独不足以停机。

    \b
    例
      fanzha train train.csv --out ./模型
      fanzha train train.parquet --mapping 映射.yaml --label is_fraud --out ./模型 --json
    """,
    """Train on a labelled table (CSV or Parquet, one subscriber a row): cross-validate, then write a signed model.

    \b
    Without --mapping the label and the identifiers are known by their usual names. A model is one family of
    evidence: it alone never stops anybody.

    \b
    Examples
      fanzha train train.csv --out ./model
      fanzha train train.parquet --mapping map.yaml --label is_fraud --out ./model --json
    """,
)


@click.command("train", help=_HELP)
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help=say("模型目录", "folder of the model"))
@click.option("--mapping", type=click.Path(path_type=Path), help=say("列的含义（YAML）", "what the columns are (YAML)"))
@click.option("--label", help=say("标签列", "column of the label"))
@click.option("--folds", default=5, type=click.IntRange(2, 100), show_default=True, help=say("折数", "folds"))
@click.option("--repeats", default=3, type=click.IntRange(1, 100), show_default=True, help=say("重复次数", "repeats"))
@click.option("--seed", default=0, type=options.SEED, show_default=True, help=say("随机种子", "seed"))
@options.as_json
def command(
    table: Path,
    out: Path,
    mapping: Path | None,
    label: str | None,
    folds: int,
    repeats: int,
    seed: int,
    as_json: bool,
) -> None:
    """See the help."""
    home = start.begin()
    from fanzha.detection.models import train

    with progress(say("训练", "train")) as step:
        report = train(
            table,
            out,
            mapping=mapping,
            label=label,
            folds=folds,
            repeats=repeats,
            seed=seed,
            home=home,
            progress=lambda what, done, total: step(what, done / total if total else None),
        )
    if as_json:
        print(report.to_json())
    else:
        console().print("\n".join(report.lines()), markup=False)
    note(say(f"模型已写入 {out}", f"the model is in {out}"))
