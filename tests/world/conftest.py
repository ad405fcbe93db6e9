from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from fanzha.world import WorldSummary, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WorldSummary]:
    """A small province of a Friday, Saturday and Sunday that every test may read."""
    out = tmp_path_factory.mktemp("world")
    return out, make_world(out, subscribers=8000, days=3, seed=11, gangs=26, start=date(2026, 3, 6))


@pytest.fixture(scope="session")
def db(world: tuple[Path, WorldSummary]) -> duckdb.DuckDBPyConnection:
    """The tables of that province under their names; truth tables as t_NAME."""
    out, _ = world
    connection = duckdb.connect()
    connection.execute("set TimeZone='Asia/Shanghai'")
    connection.execute(f"create view calls as select * from '{out}/calls/*.parquet'")
    for name in ("subscribers", "cells", "trunks"):
        connection.execute(f"create view {name} as select * from '{out}/{name}.parquet'")
    for name in ("numbers", "calls", "devices", "cells"):
        connection.execute(f"create view t_{name} as select * from '{out}/truth/{name}.parquet'")
    return connection
