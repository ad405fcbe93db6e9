"""Issue 5: a model is tried on history as a rule is, before two people let it speak (domain 2.8)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.learning.tryout import Tryout, tryout
from fanzha.detection.outcomes import of_world
from fanzha.detection.pack import Pack
from fanzha.detection.scan import scan
from fanzha.errors import ModelError
from fanzha.records.lake import Lake


@pytest.fixture(scope="module")
def ask(shelf: Shelf, lake: Lake, pack: Pack, world: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    def asked(number: int) -> Tryout:
        return tryout(
            lake, pack, number, home=world / "home", network="default", start=None, end=None,
            outcomes=of_world(world), temporary=tmp_path_factory.mktemp("tryout"),
        )  # fmt: skip

    return asked


def test_it_shows_what_a_scan_would_say_under_each_model(ask: Any, lake: Lake, pack: Pack, tmp_path: Path) -> None:
    found = ask(2)
    best: dict[str, float] = {}
    for alert in scan(lake, pack, temporary=tmp_path).alerts:  # under the one that speaks, which is the first
        if alert.model is not None:
            best[alert.entity.value] = max(best.get(alert.entity.value, 0.0), alert.score)
    bands = Counter(pack.words.bands.band(score).id for score in best.values())  # type: ignore[union-attr]
    assert found.today is not None
    assert (found.tried.version, found.today.version, found.none.version) == (2, 1, 0)
    assert {band: sum(side) for band, side in found.today.bands.items() if sum(side)} == dict(bands)
    for side in (found.tried, found.none):
        assert sum(map(sum, side.bands.values())) == len(best)
    assert found.tried.fraud + found.tried.unsure + found.tried.honest == found.alerts >= len(best)
    assert found.learnt  # its outcomes are of this very stretch, and it says so
    assert len(found.lifted) == found.more[1] + found.more[2]

    alone = ask(1)
    assert alone.today is None
    assert alone.tried == found.today
    assert alone.more[0] > 0
    assert alone.less == [0, 0, 0]  # no model lowers anything
    assert msgspec.json.decode(alone.to_json())["tried"]["version"] == 1


def test_a_version_that_is_not_there_is_refused(ask: Any) -> None:
    with pytest.raises(ModelError):
        ask(9)
