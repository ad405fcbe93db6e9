"""A small province, outcomes as people would have found them in it, and two versions learnt from these."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fanzha.detection.learning.learn import learn
from fanzha.detection.learning.shelf import Lineage, Shelf
from fanzha.detection.models.learner import Settings, shipped_settings
from fanzha.detection.outcomes import Outcome, Outcomes, of_world
from fanzha.profiles.fields import EntityKind
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from province import make_province, references

DAY = 86400


def judged(truth: Outcomes) -> Outcomes:
    """Fraud confirmed some hours after it began, and some honest people who were wrongly stopped."""
    draw = random.Random(3)
    begin = min(row.at for row in truth if row.at)
    rows = []
    for row in truth:
        if row.kind != EntityKind.NUMBER or (row.fraud and not row.at):
            continue
        if row.fraud:
            seen, source = row.at + draw.randint(1800, 7200), "confirmed"
        elif row.role != "ordinary" or draw.random() < 0.15:
            seen, source = draw.randint(begin + DAY // 2, begin + 3 * DAY), "wrong_stop"
        else:
            continue
        at = seen + draw.randint(600, 3600)
        rows.append(Outcome(row.kind, row.key, row.value, at, row.fraud, source, row.role, seen))
    return Outcomes(rows)


@pytest.fixture(scope="session")
def quick() -> Settings:
    """The shipped members with few rounds."""
    shipped = shipped_settings()
    members = tuple(msgspec.structs.replace(member, rounds=12) for member in shipped.members[-2:])
    plain = msgspec.structs.replace(shipped.plain, rounds=5)
    return msgspec.structs.replace(shipped, members=members, plain=plain, threads=1, inner_folds=3)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_province(tmp_path_factory.mktemp("learning"), subscribers=1500, days=4, gangs=10, pieces=1)
    with references(folder / "home", folder) as lake:
        for file in sorted((folder / "calls").glob("*.parquet")):
            import_path(lake, file)
    return folder


@pytest.fixture(scope="session")
def lake(world: Path) -> Iterator[Lake]:
    with Lake(world / "home") as found:
        yield found


@pytest.fixture(scope="session")
def outcomes(world: Path) -> Outcomes:
    return judged(of_world(world))


@pytest.fixture(scope="session")
def shelf(world: Path, lake: Lake, outcomes: Outcomes, quick: Settings) -> Shelf:
    """Two versions, the first released: so the second had a champion to beat."""
    found = Shelf(world / "home", "default")
    _learn(lake, outcomes, world, quick)
    found.release(1, by="li", approved_by="wang", why="first", at="2026-03-06T00:00:00Z")
    _learn(lake, outcomes, world, quick)
    return found


def _learn(lake: Lake, outcomes: Outcomes, world: Path, quick: Settings) -> Lineage:
    return learn(
        lake, outcomes, home=world / "home", network="default", made_at="2026-03-06T00:00:00Z", made_by="test",
        settings=quick,
    )  # fmt: skip
