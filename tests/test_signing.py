import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha import signing

# RFC 8032, section 7.1, TEST 1 to 3: secret, public, message, signature
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_standard_s_own_examples(secret: str, public: str, message: str, signature: str) -> None:
    key, said = bytes.fromhex(secret), bytes.fromhex(message)
    assert signing.public_key(key).hex() == public
    assert signing.sign(key, said).hex() == signature
    assert signing.verify(bytes.fromhex(public), said, bytes.fromhex(signature))


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
def test_a_signature_fits_its_message_and_no_bit_of_it_can_change(secret: bytes, message: bytes, bit: int) -> None:
    public, signature = signing.public_key(secret), signing.sign(secret, message)
    assert signing.verify(public, message, signature)
    assert not signing.verify(public, message + b"x", signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << (bit % 8)
    assert not signing.verify(public, message, bytes(flipped))


@pytest.mark.parametrize("key", [b"", b"\xff" * 32, b"\x02" + b"\x00" * 31])
def test_a_malformed_key_or_signature_is_refused_without_a_traceback(key: bytes) -> None:
    assert signing.verify(key, b"m", b"\x00" * 64) in (False,)
    assert not signing.verify(key, b"m", b"short")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_another_implementation_accepts_our_signature(tmp_path: Path) -> None:
    secret = bytes(range(32))
    # SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed head, then the key
    (tmp_path / "pub.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + signing.public_key(secret))
    (tmp_path / "message").write_bytes(b"a model")
    (tmp_path / "signature").write_bytes(signing.sign(secret, b"a model"))
    command = "openssl pkeyutl -verify -pubin -keyform DER -inkey pub.der -rawin -in message -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in done.stdout + done.stderr
