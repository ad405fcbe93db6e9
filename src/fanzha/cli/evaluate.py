"""Decides what `fanzha evaluate` tells of a trained model on a labelled table it has not seen."""

from __future__ import annotations

from pathlib import Path

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.terminal import console

_HELP = say(
    """用带标签的表评测模型；阈值与校准沿用训练时定下的。只加载签名可信的模型。

    \b
    --json 至少含 auc、macro_f1、recall_at_fpr_1pct、recall_at_fpr_01pct。

    \b
    例
      fanzha evaluate test.csv --model ./模型
      fanzha evaluate test.csv --model ./模型 --json
    """,
    """Score a labelled table with a trained model; thresholds and calibration stay as training fixed them.
    Only a model with a trusted signature is loaded.

    \b
    --json has at least auc, macro_f1, recall_at_fpr_1pct and recall_at_fpr_01pct.

    \b
    Examples
      fanzha evaluate test.csv --model ./model
      fanzha evaluate test.csv --model ./model --json
    """,
)


@click.command("evaluate", help=_HELP)
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--model", required=True, type=click.Path(path_type=Path), help=say("模型目录", "folder of the model"))
@click.option("--mapping", type=click.Path(path_type=Path), help=say("列的含义（YAML）", "what the columns are (YAML)"))
@click.option(
    "--trust", type=click.Path(path_type=Path), help=say("另一台机器的签名公钥", "public key of another signer")
)
@options.as_json
def command(table: Path, model: Path, mapping: Path | None, trust: Path | None, as_json: bool) -> None:
    """See the help."""
    home = start.begin()
    from fanzha.detection.models import evaluate

    report = evaluate(table, model, mapping=mapping, home=home, trust=trust)
    if as_json:
        print(report.to_json())
    else:
        console().print("\n".join(report.lines()), markup=False)
