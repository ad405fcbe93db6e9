from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fanzha.cli.main import COMMANDS


def clean(done: subprocess.CompletedProcess[str]) -> bool:
    """Neither a traceback nor a fault of ours."""
    return "Traceback" not in done.stderr and "internal error" not in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_help_with_examples_in_both_languages(run, name: str, lang: str) -> None:
    done = run(name, "--help", lang=lang)
    assert done.returncode == 0
    assert ("例" if lang == "zh" else "Examples") in done.stdout
    assert f"fanzha {name}" in done.stdout


def test_help_lists_the_exit_codes(run) -> None:
    text = run("--help").stdout
    assert all(f"{code} " in text for code in (0, 1, 2, 3, 4, 5, 6, 70, 130))
    assert set(COMMANDS) <= set(text.split())


def test_help_imports_nothing_heavy() -> None:
    """Asking for help must feel instant, so neither numba, pyarrow nor rich may be imported for it."""
    code = (
        "import sys; from fanzha.cli.main import fanzha; "
        "fanzha.main(['--help'], standalone_mode=False); "
        "print([name for name in ('numba', 'pyarrow', 'rich', 'duckdb', 'lightgbm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["scan", "--frm"],
        ["scan", "--from", "yesterday"],
        ["import"],
        ["serve", "--port", "70000"],
        ["watch", "incoming", "--memory", "1"],
        ["quarantine", "list", "--limit", "-1"],
        ["alerts", "--after", "9" * 20],
        ["policy", "show", "--limit", "-1"],
        ["world", "out", "--seed", "-1"],
        ["world", "out", "--start", "1800-01-01"],
    ],
)
def test_a_wrong_command_line_is_told(run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert clean(done)


def test_a_home_that_cannot_be_written_is_told(run, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    done = run("scan")
    assert done.returncode == 5
    assert "FANZHA_HOME" in done.stderr
    assert clean(done)


def test_debug_shows_the_whole_of_an_error(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    monkeypatch.setenv("FANZHA_DEBUG", "1")
    assert run("scan", debug=True).stderr.startswith("Traceback")
