"""Decides how a Spark session is opened: on a cluster as its operator set it up, or on this machine, kept small."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fanzha.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.sql.ansi.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
}
_HERE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


def start(master: str, temporary: Path, *, memory_mb: int = 1500) -> SparkSession:
    """A session on `master`. Raises UsageError without Spark or Java.

    On this machine (local, local-cluster) it listens on loopback only, runs this very Python in its workers, keeps its
    scratch files in `temporary`, and takes `memory_mb` for the driver and for each worker.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        hint = "pip install 'fanzha[spark]'"
        raise UsageError("PySpark is not installed", where="--engine spark", hint=hint) from None
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        hint = "apt-get install openjdk-17-jre-headless, or set JAVA_HOME"
        raise UsageError("Spark needs Java 17", where="--engine spark", hint=hint)
    settings = dict(_SETTINGS)
    if master.startswith("local"):
        temporary.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        memory = f"{memory_mb}m"
        settings |= _HERE | {
            "spark.driver.memory": memory,
            "spark.executor.memory": memory,
            "spark.local.dir": str(temporary),
            "spark.sql.warehouse.dir": str(temporary / "warehouse"),
            "spark.executorEnv.NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", ""),
        }
    builder = SparkSession.builder.appName("fanzha").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # whatever Java did
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"Spark does not start: {first}", where=master, hint="see deploy/spark") from error
    session.sparkContext.setLogLevel("ERROR")
    return session
