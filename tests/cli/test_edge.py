"""`fanzha edge` says what is missing before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

SETTINGS = 'next_hops: ["sip:192.0.2.1"]\n'
POLICY = """
source: contracts of the bank
as_of: 2026-11-22
trunks:
  - {id: t1, owner: a bank, peers: ["192.0.2.9"], permitted: "057188880000-057188889999"}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "edge.yaml"
    path.write_text(SETTINGS)
    return path


def test_no_policy_is_told(run, settings: Path) -> None:
    done = run("edge", "compile", "--settings", settings)
    assert done.returncode == 7
    assert "fanzha policy build" in done.stderr


def test_no_start_with_neither_tables_nor_policy(run, settings: Path) -> None:
    done = run("edge", "start", "--settings", settings, "--run", settings.parent / "run")
    assert done.returncode == 5
    assert "refuse everybody" in done.stderr


def test_wrong_settings_are_told_with_their_line(run, settings: Path) -> None:
    settings.write_text(SETTINGS + "engine_ms: 5\n")
    done = run("edge", "status", "--settings", settings)
    assert done.returncode == 4
    assert f"{settings}:2" in done.stderr


def test_an_edge_that_does_not_run_is_told(run, settings: Path) -> None:
    done = run("edge", "status", "--settings", settings)
    assert done.returncode == 5
    assert "is the edge running?" in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_are_compiled_from_the_published_policy(run, settings: Path, tmp_path: Path) -> None:
    lists = tmp_path / "policy.yaml"
    lists.write_text(POLICY)
    built = run("policy", "build", lists)
    assert built.returncode == 0, built.stderr
    done = run("edge", "compile", "--settings", settings, "--run", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "rows in" in done.stderr
    table = (tmp_path / "run" / "tables" / "rules_a").read_text()
    assert ":peer/192.0.2.9:0:0:t1:0\n" in table
    assert ":auth/t1/13/865718888:0:0:1:0\n" in table
