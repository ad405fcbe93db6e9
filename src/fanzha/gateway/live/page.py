"""Decides how the counts of the live side are read by monitoring: one text file in Prometheus's format, kept fresh."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fanzha.errors import StorageError

# What goes up and down; all else only rises while the process lives.
GAUGES = frozenset(("buffer_bytes", "streams", "calls", "calls_restored", "records_waiting"))


def page(counts: Mapping[str, int]) -> str:
    """The counts as Prometheus's text format 0.0.4; each name is fanzha_live_ and its own."""
    lines: list[str] = []
    for name, value in counts.items():
        kind = "gauge" if name in GAUGES else "counter"
        lines += [f"# TYPE fanzha_live_{name} {kind}", f"fanzha_live_{name} {value}"]
    return "\n".join(lines) + "\n"


def write_page(path: Path, counts: Mapping[str, int]) -> None:
    """Put the page at `path`, whole or not at all. Raises StorageError."""
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_text(page(counts), encoding="ascii")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"the counts cannot be written: {error.strerror or error}", where=str(path)) from error
