import gzip
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fanzha.records.lake import Lake

sys.path.insert(0, str(Path(__file__).parent))  # imported.py

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
HEADER = "caller,callee,started,answered,ended,talk_ms"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with Lake(tmp_path / "home", clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., Path]:
    """Write lines as a file of the operator's."""

    def write(lines: list[str] | bytes, name: str = "calls.csv", header: str | None = HEADER) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = lines if isinstance(lines, bytes) else "\n".join([*([header] if header else []), *lines, ""]).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return write


@pytest.fixture
def call() -> Callable[..., str]:
    """One line of Fanzha's own CSV."""

    def line(n: int = 0, caller: str = "13800138000", callee: str | None = None, day: int = 1) -> str:
        callee = f"139{n:08d}" if callee is None else callee
        return f"{caller},{callee},2026-11-{day:02d} 08:{n % 60:02d}:00,,,0"

    return line
