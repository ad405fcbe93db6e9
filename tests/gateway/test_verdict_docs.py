"""docs/verdict.md names every counter, reason, missing thing and metric, and the failure policy as it is."""

from __future__ import annotations

from pathlib import Path

from fanzha.gateway.counters import COUNTERS, TOLD, sizes
from fanzha.gateway.failure import Cause, shipped_failure
from fanzha.gateway.reasons import call_words
from fanzha.gateway.witness import MISSING, metrics
from fanzha.policy import reasons

TEXT = (Path(__file__).parents[2] / "docs" / "verdict.md").read_text(encoding="utf-8")


def test_every_word_a_verdict_may_use_is_explained() -> None:
    given_by_calls = {"emergency", "contract", "rate", *call_words().reasons}
    assert given_by_calls - set(call_words().reasons) <= set(reasons())
    words = [*COUNTERS, *given_by_calls, *(name for name in MISSING if not name.endswith((".late", ".error")))]
    assert [word for word in words if f"`{word}`" not in TEXT] == []


def test_the_failure_policy_is_told_as_it_is() -> None:
    for check, row in shipped_failure().checks.items():
        ways = " | ".join(getattr(row, cause) for cause in Cause)
        assert f"| `{check}` | {ways} | {row.budget_ms:g} ms |" in TEXT


def test_every_metric_is_told() -> None:
    assert [metric.name for metric in metrics() if metric.name not in TEXT] == []
    assert [name for name in TOLD if f"_{name}_" not in TEXT] == []


def test_the_stated_sizes_are_the_shipped_ones() -> None:
    assert f"{sizes().callers:,} callers, {sizes().trunks:,} trunks and {sizes().calls:,} calls" in TEXT
