from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fanzha import signing
from fanzha.errors import PolicyError, UsageError
from fanzha.gateway.settings import address, trusted_keys
from fanzha.gateway.supervisor import Child
from fanzha.signing.keys import Keys


def test_who_dies_at_once_is_started_later_and_later() -> None:
    child = Child("mayfly", sys.exit, (3,))
    pauses = []
    for _ in range(10):
        child.start()
        assert child.process is not None
        child.process.join()
        begun = child.due
        child.died()
        pauses.append(child.pause)
        assert child.due > begun
    assert pauses[:4] == pytest.approx([0.4, 0.8, 1.6, 3.2])
    assert pauses[-1] == 30
    assert child.restarts == 10


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:5070", "127.0.0.1", 5070), ("[::1]:0", "::1", 0), ("gw.cn:65535", "gw.cn", 65535)],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert address(text) == (host, port)


@pytest.mark.parametrize("text", ["5070", "host:", ":5070", "host:70000", "host:x", "host:-1"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        address(text)


def test_keys_are_hex_or_files_of_it(tmp_path: Path) -> None:
    (tmp_path / "desk.pub").write_text("ab" * 32 + "\n")
    assert trusted_keys(["cd" * 32, str(tmp_path / "desk.pub")]) == {b"\xab" * 32, b"\xcd" * 32}
    keys = Keys(tmp_path, "policy", PolicyError)
    public = signing.public_key(keys.secret())  # the secret is made here, and its public file with it
    assert trusted_keys([str(keys.public_path)]) == {public}
    for bad in ("ab", "zz" * 32, "ab" * 33):
        with pytest.raises(UsageError, match="no public key"):
            trusted_keys([bad])
