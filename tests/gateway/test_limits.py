"""Limits and the failure policy are the operator's: read strictly, refused with file and line, replaced whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.errors import VocabularyError
from fanzha.gateway import failure, limits
from fanzha.gateway.counters import COUNTERS
from fanzha.gateway.host import Host
from fanzha.gateway.limits import load_limits
from fanzha.gateway.state import live_in
from fanzha.numbering import Kind

SHIPPED = {room.__name__.rpartition(".")[2]: Path(room.__file__).with_suffix(".yaml") for room in (limits, failure)}
ONE = """source: contract 7
as_of: 2026-11-22
rules:
  - {id: slow, of: trunk, counter: passed_per_minute, above: 2, action: limit, zh: 慢, en: slow,
     source: contract 7, as_of: 2026-11-22}
"""


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("limits", "action: challenge", "action: suspend", "Invalid enum value"),
        ("limits", "counter: total", "counter: totals", "Invalid enum value"),
        ("limits", "id: caller_burst", "id: caller_per_minute", "stands twice"),
        ("limits", "counter: per_minute\n    above", "counter: passed_per_minute\n    above", "stops nobody"),
        ("limits", "above: 12", "above: -1", ">= 0"),
        ("failure", "limits: {late: open, error", "limits: {late: maybe, error", "Invalid enum value"),
        ("failure", "protected: {late: open", "protected: {late: closed", "must never be refused"),
        ("failure", "  lists:", "  list:", "Invalid enum value"),
        ("failure", "budget_ms: 40", "budget_ms: 0", "> 0"),
    ],
)
def test_faults_are_named_with_file_and_line(name: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    text = SHIPPED[name].read_text(encoding="utf-8")
    assert old in text
    (tmp_path / f"{name}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(VocabularyError, match=says) as error:
        live_in(tmp_path, None)
    assert f"{name}.yaml:" in error.value.where


def test_a_check_without_a_failure_policy_is_missed(tmp_path: Path) -> None:
    text = SHIPPED["failure"].read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "failure.yaml").write_text("".join(line for line in text if "  lists:" not in line), encoding="utf-8")
    with pytest.raises(VocabularyError, match="without a failure policy: lists"):
        live_in(tmp_path, None)


def test_own_files_replace_the_shipped_ones_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    host = Host(None, None, own=tmp_path)
    (tmp_path / "limits.yaml").write_text(ONE, encoding="utf-8")
    assert [rule.id for rule in live_in(tmp_path, None).limits.rules] == ["slow"]
    host.reread()
    held = host._aids
    (tmp_path / "limits.yaml").write_text(ONE.replace("above", "over"), encoding="utf-8")
    with pytest.raises(VocabularyError):
        host.reread()
    assert host._aids is held


def test_a_rate_lets_through_exactly_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text(ONE, encoding="utf-8")
    rules = load_limits(tmp_path / "limits.yaml")
    at = COUNTERS.index("passed_per_minute") + 6
    refused = []
    for passed in (-1, 0, 1, 2, 3):
        values = [0] * 12
        values[at] = passed
        refused.append(len(list(rules.above(values, int(Kind.MOBILE), None))))
    assert refused == [0, 0, 0, 1, 1]


def test_a_limit_may_be_one_trunks_own(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text(ONE.replace("of: trunk", "of: trunk, trunks: [line-7]"), encoding="utf-8")
    rules = load_limits(tmp_path / "limits.yaml")
    for trunk, count in (("line-7", 1), ("line-8", 0), (None, 0)):
        assert len(list(rules.above([9] * 12, int(Kind.MOBILE), trunk))) == count
