"""Decides what stands beside the policy when a call is judged: counters, limits, failure policy, a reader, a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fanzha.gateway.counters import Counters
from fanzha.gateway.failure import Cause, Failure, load_failure, shipped_failure
from fanzha.gateway.limits import Limits, load_limits, shipped_limits
from fanzha.numbering.single import Reader
from fanzha.policy import protected_keys


@dataclass(slots=True)
class Live:
    """One for each process. counters: None where nobody counts. protected: callees that nothing blocks, where there is
    no policy to say so. clock: nanoseconds."""

    counters: Counters | None = None
    limits: Limits = field(default_factory=shipped_limits)
    failure: Failure = field(default_factory=shipped_failure)
    reader: Reader = field(default_factory=Reader)
    protected: frozenset[int] = field(default_factory=protected_keys)
    clock: Callable[[], int] = time.perf_counter_ns
    # By the check's plain name, for an Enum is slow to look up: nanoseconds, and what refuses a call for which cause.
    budgets: dict[str, float] = field(init=False)
    closed: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.failure.checks.items()
        self.budgets = {check.value: row.budget_ms * 1e6 for check, row in rows}
        self.closed = frozenset((check.value, why.value) for check, row in rows for why in Cause if row.closed(why))


def live_in(folder: Path, counters: Counters | None) -> Live:
    """With the operator's own limits.yaml and failure.yaml in place of the shipped ones, where the folder has them.

    Raises VocabularyError with file and line."""
    limits, failure = folder / "limits.yaml", folder / "failure.yaml"
    return Live(
        counters=counters,
        limits=load_limits(limits) if limits.is_file() else shipped_limits(),
        failure=load_failure(failure) if failure.is_file() else shipped_failure(),
    )
