from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.errors import ModelError, PolicyError
from fanzha.signing import public_key
from fanzha.signing.keys import Keys


def test_a_key_of_one_purpose_is_none_of_another(tmp_path: Path) -> None:
    policy, model = Keys(tmp_path, "policy", PolicyError), Keys(tmp_path, "model", ModelError)
    assert policy.secret() != model.secret()
    with pytest.raises(PolicyError, match="not a public key"):
        policy.read_public(model.public_path)


def test_trusted_keys_of_all_purposes_lie_in_one_folder(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    (home / "keys" / "trusted").mkdir(parents=True)
    secrets = {}
    for purpose in ("policy", "model"):
        theirs = Keys(other, purpose, PolicyError)
        secrets[purpose] = theirs.secret()
        (home / "keys" / "trusted" / f"{purpose}.pub").write_bytes(theirs.public_path.read_bytes())
    for purpose, secret in secrets.items():
        assert Keys(home, purpose, PolicyError).trusted() == {public_key(secret)}


def test_a_file_among_the_trusted_that_is_no_key_at_all_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys" / "trusted").mkdir(parents=True)
    (tmp_path / "keys" / "trusted" / "note.pub").write_text("hello")
    with pytest.raises(PolicyError, match="not a public key"):
        Keys(tmp_path, "policy", PolicyError).trusted()
