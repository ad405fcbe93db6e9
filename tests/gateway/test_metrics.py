"""The metrics page: every process's counts, in the format that Prometheus reads, and nobody's number in a label."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fanzha.errors import StorageError, UsageError
from fanzha.gateway.metrics import Metric, Registry, Sample

CALLS = Metric(name="fanzha_calls_total", help="Calls.", label="action", values=("allow", "block"))
OPEN = Metric(name="fanzha_open", help="Open now.", kind="gauge")
AGE = Metric(name="fanzha_age_seconds", help="Oldest.", kind="gauge", total="max")
SPENT = Metric(name="fanzha_spent_seconds", help="Spent.", kind="histogram", bounds=(0.001, 0.01))
ALL = (CALLS, OPEN, AGE, SPENT)


def test_the_page_is_what_prometheus_reads() -> None:
    registry = Registry(ALL)
    registry.add("fanzha_calls_total", "allow", 2)
    registry.add("fanzha_calls_total", "+8613800000001")
    registry.put("fanzha_age_seconds", 1.5)
    for spent in (0.001, 0.002, 5):
        registry.observe("fanzha_spent_seconds", spent)
    assert registry.page([Sample(name="fanzha_slots", help="Slots.", value=3)]) == (
        "# HELP fanzha_calls_total Calls.\n# TYPE fanzha_calls_total counter\n"
        'fanzha_calls_total{action="allow"} 2\nfanzha_calls_total{action="block"} 0\n'
        'fanzha_calls_total{action="other"} 1\n'
        "# HELP fanzha_open Open now.\n# TYPE fanzha_open gauge\nfanzha_open 0\n"
        "# HELP fanzha_age_seconds Oldest.\n# TYPE fanzha_age_seconds gauge\nfanzha_age_seconds 1.5\n"
        "# HELP fanzha_spent_seconds Spent.\n# TYPE fanzha_spent_seconds histogram\n"
        'fanzha_spent_seconds_bucket{le="0.001"} 1\nfanzha_spent_seconds_bucket{le="0.01"} 2\n'
        'fanzha_spent_seconds_bucket{le="+Inf"} 3\nfanzha_spent_seconds_sum 5.003\nfanzha_spent_seconds_count 3\n'
        "# HELP fanzha_slots Slots.\n# TYPE fanzha_slots gauge\nfanzha_slots 3\n"
    )


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_metrics import ALL
from fanzha.gateway.metrics import Registry
registry = Registry(ALL, Path(sys.argv[1]))
registry.add("fanzha_calls_total", "block", 10)
registry.put("fanzha_open", 4)
registry.put("fanzha_age_seconds", 9)
registry.observe("fanzha_spent_seconds", 0.5)
print("counted", flush=True)
sys.stdin.read()
"""


def child(folder: Path) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", CHILD, str(folder), str(Path(__file__).parent)]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_are_summed_and_what_ended_ones_counted_stays(tmp_path: Path) -> None:
    here = Registry(ALL, tmp_path)
    here.add("fanzha_calls_total", "block")
    here.put("fanzha_open", 1)
    other = child(tmp_path)
    try:
        assert other.stdout
        assert other.stdout.readline() == "counted\n"
        assert here.value("fanzha_calls_total", "block") == 11
        assert here.value("fanzha_open") == 5
        assert "fanzha_age_seconds 9\n" in here.page()
    finally:
        other.kill()
        other.communicate()
    for registry in (here, Registry(ALL, tmp_path), Registry(ALL, tmp_path)):
        page = registry.page()
        assert 'fanzha_calls_total{action="block"} 11\n' in page
        assert "fanzha_open 1\n" in page
        assert "fanzha_age_seconds 0\n" in page
        assert "fanzha_spent_seconds_count 1\n" in page
    assert len(list(tmp_path.glob("metrics-*-*"))) == 4  # three that live, and one of what has ended


def test_counts_of_another_version_are_not_mixed_in(tmp_path: Path) -> None:
    old = Registry((CALLS,), tmp_path)
    old.add("fanzha_calls_total", "allow", 100)
    assert Registry(ALL, tmp_path).value("fanzha_calls_total", "allow") == 0


@pytest.mark.parametrize(
    "metric",
    [
        Metric(name="calls", help=""),
        Metric(name="fanzha_x", help="", label="caller", values=("+8613800000001",)),
        Metric(name="fanzha_x", help="", label="caller", values=("n13800000001",)),
        Metric(name="fanzha_x", help="", kind="histogram", bounds=(2, 1)),
        Metric(name="fanzha_x", help="", bounds=(1,)),
    ],
)
def test_what_must_not_be_shown_is_refused_at_the_start(metric: Metric) -> None:
    with pytest.raises(UsageError):
        Registry((metric,))
    with pytest.raises(UsageError, match="one name"):
        Registry((CALLS, CALLS))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="metrics cannot be kept"):
        Registry(ALL, tmp_path / "file")
