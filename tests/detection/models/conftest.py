"""A small labelled table made in code, quick learners for it, and one model trained on it for the whole room."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from fanzha.detection.models import Report, train
from fanzha.detection.models.learner import Member, Settings, shipped_settings

ROWS = 400


def made_table(rows: int = ROWS, seed: int = 1) -> pa.Table:
    """Callers of many strangers are fraud (B1), with noise; some values are unknown."""
    draw = np.random.default_rng(seed)
    fraud = draw.random(rows) < 0.3
    contacts = draw.poisson(np.where(fraud, 90, 40)).astype(float)
    calls = contacts * np.where(fraud, 1.2, 4.0) * draw.lognormal(0, 0.6, rows)
    share = np.clip(draw.normal(np.where(fraud, 0.8, 0.5), 0.2), 0, 1)
    share[draw.random(rows) < 0.05] = np.nan
    return pa.table(
        {
            "number": [f"8613{index:09d}" for index in range(rows)],
            "contacts": contacts,
            "calls": calls,
            "out_share": share,
            "noise": draw.normal(size=rows),
            "household": [index // 2 for index in range(rows)],
            "label": fraud.astype(int),
        }
    )


def quick_settings() -> Settings:
    """The shipped members, with few rounds: the machinery is tested, not the score."""
    shipped = shipped_settings()
    members = tuple(msgspec.structs.replace(member, rounds=8) for member in shipped.members[-2:])
    plain = Member(name="plain", weight=1.0, rounds=10, params={})
    return msgspec.structs.replace(shipped, members=members, plain=plain, threads=1, inner_folds=3)


@pytest.fixture(scope="session")
def quick() -> Settings:
    return quick_settings()


@pytest.fixture(scope="session")
def table_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "made.csv"
    pa_csv.write_csv(made_table(), path)
    return path


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def trained(
    table_file: Path, home: Path, quick: Settings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("models") / "made"
    return folder, train(table_file, folder, folds=3, repeats=2, home=home, settings=quick)


@pytest.fixture(scope="session")
def sichuan() -> Path:
    root = os.environ.get("FANZHA_DATA")
    base = Path(root) if root else Path(__file__).parents[4] / "shared" / "data"
    path = base / "sichuan" / "train.csv"
    if not path.is_file():
        pytest.skip(f"evaluation data is not here: {path} (set FANZHA_DATA)")
    return path
