"""What tests of import look at afterwards: callees as they came, and what was refused with its line and reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fanzha.records.lake import Lake

HEADER = "caller,callee,started,answered,ended,talk_ms"
Deliver = Callable[..., Path]
Call = Callable[..., str]


def callees(lake: Lake) -> list[str]:
    return sorted(raw for batch in lake.scan(["callee_raw"]) for raw in batch["callee_raw"].to_pylist())


def reasons(lake: Lake) -> list[tuple[int, str]]:
    table = lake.quarantine()
    return sorted(zip(table["line"].to_pylist(), table["name"].to_pylist(), strict=True))
