"""A scan on Spark, with worker processes of its own, gives the very alerts of a scan here (issue: on a cluster)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fanzha.detection.alert import encode
from fanzha.detection.backtest.cluster import on_spark as backtest_on_spark
from fanzha.detection.backtest.report import to_bytes
from fanzha.detection.backtest.run import run
from fanzha.detection.cluster import on_spark
from fanzha.detection.pack import load_pack
from fanzha.detection.scan import Scan, scan
from fanzha.detection.spark import start
from fanzha.errors import StorageError
from fanzha.profiles.cluster import buckets_of
from fanzha.profiles.contacts import mix
from fanzha.profiles.spill import BUCKETS
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from province import make_province, references

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17 (openjdk-17-jre-headless)"),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    province = make_province(tmp_path_factory.mktemp("province"), subscribers=500, gangs=4, pieces=2)
    with references(tmp_path_factory.mktemp("home"), province) as lake:
        for piece in sorted((province / "drop").iterdir(), reverse=True):  # the second day arrives before the first
            import_path(lake, piece)
        yield lake


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    pytest.importorskip("pyspark", reason="pip install 'fanzha[spark]'")
    session = start("local-cluster[2,1,600]", tmp_path_factory.mktemp("spark"), memory_mb=600)
    yield session
    session.stop()


def told(found: Scan) -> list[bytes]:
    return [encode(alert) for alert in found.alerts]


def test_spark_gives_the_alerts_of_this_machine(lake: Lake, spark: SparkSession, tmp_path: Path) -> None:
    pack = load_pack()
    here = scan(lake, pack, temporary=tmp_path)
    there = scan(lake, pack, temporary=tmp_path, engine=on_spark(spark, 3))
    assert len(here.alerts) > 5
    assert told(there) == told(here)
    assert (there.calls, there.events) == (here.calls, here.events)
    _, last, _ = lake.span()
    assert last is not None
    part: dict[str, Any] = {
        "start": last.replace(hour=0, minute=0, second=0, microsecond=0),
        "end": last,
        "up_to_seq": lake.position() - 100,
        "by_time": False,
    }
    here = scan(lake, pack, temporary=tmp_path, **part)
    there = scan(lake, pack, temporary=tmp_path, engine=on_spark(spark), **part)
    assert told(there) == told(here) != []
    assert there.calls == here.calls


def test_spark_tells_the_same_backtest(lake: Lake, spark: SparkSession, tmp_path: Path) -> None:
    """To the byte: hits, kinds of honest people, hardest cases, overlap and the curve of a sweep."""
    pack = load_pack()
    draft = pack.rules[pack.index("mass_dialling.strangers")]
    reads, walks, judges = backtest_on_spark(spark)
    asked: dict[str, Any] = {"temporary": tmp_path, "leaf": 0}
    there: dict[str, Any] = {"reads": reads, "walks": walks, "judges": judges}
    here = run(lake, pack, draft, **asked)
    assert here.tried.hit > 0
    assert to_bytes(run(lake, pack, draft, **there, **asked)) == to_bytes(here)
    fed = replace(pack.rules[pack.index("victim_wave.many_callers")], minimum=4)  # by facts that workers found
    assert to_bytes(run(lake, pack, fed, **there, temporary=tmp_path)) == to_bytes(
        run(lake, pack, fed, temporary=tmp_path)
    )


def test_buckets_are_those_of_a_spill() -> None:
    keys = np.array([1, -7, 8613812345678, -(2**61), 2**62 + 12345], np.int64)
    assert buckets_of(keys).tolist() == [int(mix(key)) >> 20 & (BUCKETS - 1) for key in keys]


def test_a_lake_that_workers_cannot_read_is_told(lake: Lake, spark: SparkSession, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(lake.root, copy / "lake")
    with Lake(copy) as broken:
        for part in broken.manifest.parts("calls"):
            (broken.root / part.path).write_bytes(b"not Parquet")
        with pytest.raises(StorageError, match="Spark could not"):
            scan(broken, load_pack(), temporary=tmp_path, engine=on_spark(spark, 2))
