from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import StorageError, UsageError
from fanzha.gateway.http.tokens import Scope, Tokens

DAY = 86_400_000_000


def test_a_token_is_found_until_it_ends_and_never_stands_in_the_file(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "t.json")
    text = tokens.add("desk", (Scope.POLICY,), 0, DAY)
    found = tokens.find(text, DAY - 1)
    assert found is not None
    assert (found.name, found.scopes) == ("desk", (Scope.POLICY,))
    assert tokens.find(text, DAY) is None
    written = (tmp_path / "t.json").read_text()
    assert text not in written
    assert text.split("_", 2)[2] not in written
    assert stat.S_IMODE((tmp_path / "t.json").stat().st_mode) == 0o600


def test_another_process_sees_a_new_and_a_revoked_token(tmp_path: Path) -> None:
    here, there = Tokens(tmp_path / "t.json"), Tokens(tmp_path / "t.json")
    assert there.all() == {}
    text = here.add("a", (Scope.DECIDE,), 0, DAY)
    assert there.find(text, 1) is not None
    there.revoke(text.split("_")[1], 5)
    assert here.find(text, 6) is None


def test_revoking_is_for_tokens_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no token"):
        Tokens(tmp_path / "t.json").revoke("abc", 0)


@pytest.mark.parametrize(("scopes", "expires"), [((), DAY), ((Scope.DECIDE,), 0)])
def test_tokens_that_open_nothing_are_not_made(tmp_path: Path, scopes: tuple[Scope, ...], expires: int) -> None:
    with pytest.raises(UsageError):
        Tokens(tmp_path / "t.json").add("x", scopes, 0, expires)


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("[{]")
    with pytest.raises(StorageError, match=r"t\.json"):
        Tokens(tmp_path / "t.json").find("fz_000000000000_" + "A" * 43, 0)


@given(st.text(max_size=80))
def test_no_other_text_is_a_token(text: str) -> None:
    assert Tokens(Path("/nonexistent/t.json")).find(text, 0) is None
