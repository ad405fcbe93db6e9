from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(run, tmp_path: Path) -> None:
    made = run("gateway", "token", "add", "短信中心", "--scope", "decide", "--scope", "metrics", "--days", "30")
    assert made.returncode == 0
    token = made.stdout.strip()
    assert token.startswith("fz_")
    assert "not shown again" in made.stderr
    (row,) = json.loads(run("gateway", "token", "list", "--json").stdout)
    assert (row["name"], row["scopes"], row["holds"]) == ("短信中心", ["decide", "metrics"], True)
    shown = run("gateway", "token", "list").stdout
    assert row["id"] in shown
    assert token.split("_", 2)[2] not in shown
    kept = tmp_path / "home" / "gateway" / "tokens.json"
    assert token.split("_", 2)[2] not in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert run("gateway", "token", "revoke", row["id"]).returncode == 0
    assert json.loads(run("gateway", "token", "list", "--json").stdout)[0]["holds"] is False


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "x", "--scope", "everything"], "one of decide, explain"),
        (["add", "x"], "--scope"),
        (["add", "x", "--scope", "decide", "--days", "400"], "at most 365 days"),
        (["add", "", "--scope", "decide"], "a name has"),
        (["revoke", "nothing"], "fanzha gateway token list"),
    ],
)
def test_what_cannot_be_done_with_tokens_is_told(run, arguments: list[str], told: str) -> None:
    done = run("gateway", "token", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_looks_like_markup_is_shown_as_it_is(run) -> None:
    assert run("gateway", "token", "add", "[/b]:100:\x1b[31m", "--scope", "decide").returncode == 0
    assert "[/b]:100:·[31m" in run("gateway", "token", "list").stdout


def test_no_tokens_yet(run) -> None:
    assert run("gateway", "token", "list", "--json").stdout.strip() == "[]"
    assert "没有令牌" in run("gateway", "token", "list", lang="zh").stderr
