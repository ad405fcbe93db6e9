from pathlib import Path

import pytest

from fanzha import signing
from fanzha.detection.models import keys
from fanzha.errors import ModelError


def test_the_signing_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = keys.signing_key(tmp_path)
    path = tmp_path / "keys" / "model_signing.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.signing_key(tmp_path) == first
    assert keys.trusted_keys(tmp_path) == {signing.public_key(first)}


def test_a_key_that_others_can_read_signs_nothing(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    (tmp_path / "keys" / "model_signing.key").chmod(0o644)
    with pytest.raises(ModelError, match="chmod 600"):
        keys.signing_key(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "fanzha-model-key ed25519 00ff", "fanzha-model-key ed25519 zz", "\xe9"]
)
def test_what_is_no_public_key_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.pub"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match="not a public key") as caught:
        keys.read_public(path)
    assert "some.pub" in caught.value.where


def test_a_secret_key_handed_over_as_trust_is_refused(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    with pytest.raises(ModelError, match="not a public key"):
        keys.read_public(tmp_path / "keys" / "model_signing.key")


def test_asking_whom_to_trust_makes_no_key(tmp_path: Path) -> None:
    assert keys.trusted_keys(tmp_path) == set()
    assert not (tmp_path / "keys").exists()


def test_a_lost_or_wrong_public_half_is_put_right_at_the_next_training(tmp_path: Path) -> None:
    secret = keys.signing_key(tmp_path)
    public = tmp_path / "keys" / "model_signing.pub"
    public.unlink()
    keys.signing_key(tmp_path)
    assert keys.read_public(public) == signing.public_key(secret)
    public.write_text(keys.public_text(b"\x00" * 32))
    keys.signing_key(tmp_path)
    assert keys.trusted_keys(tmp_path) == {signing.public_key(secret)}
