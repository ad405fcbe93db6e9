from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from fanzha.detection.models import available

pytestmark = pytest.mark.skipif(available() is not None, reason=str(available()))


def table(path: Path, seed: int, rows: int = 300) -> Path:
    chance = random.Random(seed)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "calls", "contacts", "label"])
        for n in range(rows):
            fraud = chance.random() < 0.3
            out.writerow([n, chance.gauss(80 if fraud else 20, 15), chance.gauss(60 if fraud else 10, 15), int(fraud)])
    return path


def test_train_then_evaluate_as_scripts_do(run, tmp_path: Path) -> None:
    out = tmp_path / "model"
    trained = run("train", table(tmp_path / "a.csv", 1), "--out", out, "--folds", 2, "--repeats", 1, "--json")
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["auc"] > 0.9
    scored = run("evaluate", table(tmp_path / "b.csv", 2), "--model", out, "--json")
    found = json.loads(scored.stdout)
    assert found.keys() >= {"auc", "macro_f1", "recall_at_fpr_1pct", "recall_at_fpr_01pct"}
    assert "AUC" in run("evaluate", tmp_path / "b.csv", "--model", out).stdout
    (out / "signature.json").write_text("{}")
    assert run("evaluate", tmp_path / "b.csv", "--model", out).returncode == 6


def test_bad_tables_and_models_are_told(run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for arguments in (
        ["train", tmp_path / "x.csv", "--out", tmp_path / "m"],
        ["train", tmp_path / "missing.csv", "--out", tmp_path / "m"],
        ["evaluate", tmp_path / "x.csv", "--model", tmp_path / "nothing"],
    ):
        done = run(*arguments)
        assert done.returncode in (3, 4, 6)
        assert "Traceback" not in done.stderr
        assert "internal error" not in done.stderr
