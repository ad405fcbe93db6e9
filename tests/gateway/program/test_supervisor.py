from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fanzha import signing
from fanzha.errors import PolicyError, UsageError
from fanzha.gateway.edge.rpc import peer_of
from fanzha.gateway.settings import Settings, address, check_apart, check_source, trusted_keys
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


@pytest.mark.parametrize(
    "text",
    [
        "ftp://x",
        "http://",
        "https:///v1",
        "http://desk:0/",
        "http://desk:99999/",
        "http://de sk/",
        "http://台/",
        "away",
    ],
)
def test_what_is_no_desk_is_refused_before_anything_starts(text: str) -> None:
    """An address of another kind was once taken for a folder, which was made and never got a policy."""
    with pytest.raises(UsageError, match=r"[一-鿿]"):
        check_source(text)
    assert not Path(text).exists()


def test_a_desk_is_an_address_or_a_folder(tmp_path: Path) -> None:
    for text in ("https://desk.example/v1/policy", "http://[::1]:8120/v1/policy", str(tmp_path)):
        check_source(text)


def test_a_file_that_holds_no_token_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "token"
    for text in ("", "two\nlines\n", "two words"):
        path.write_text(text)
        with pytest.raises(UsageError, match="no token"):
            Settings(
                sip=None, http=None, workers=1, policy=tmp_path, state=tmp_path, control=tmp_path, seed=b"",
                source_token=path,
            ).token()  # fmt: skip


def test_two_doors_have_two_ports() -> None:
    """The system would give each of two listeners at one port a share of the other's connections."""
    here = ("127.0.0.1", 5070)
    for sip, http in ((here, here), (here, ("0.0.0.0", 5070)), (("::", 5070), here), (here, ("127.0.0.1", 0))):
        with pytest.raises(UsageError):
            check_apart(sip, http)
    for other in (None, ("127.0.0.1", 8080), ("127.0.0.2", 5070)):
        check_apart(here, other)


@pytest.mark.parametrize(
    "text", ["zzz", "unix:", f"unix:/{'x' * 107}", "udp:127.0.0.1", "udp::80", "udp:h:0", "udp:h:99999"]
)
def test_what_is_no_switch_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="no JSON-RPC address"):
        peer_of(text)


def test_keys_are_hex_or_files_of_it(tmp_path: Path) -> None:
    (tmp_path / "desk.pub").write_text("ab" * 32 + "\n")
    assert trusted_keys(["cd" * 32, str(tmp_path / "desk.pub")]) == {b"\xab" * 32, b"\xcd" * 32}
    keys = Keys(tmp_path, "policy", PolicyError)
    public = signing.public_key(keys.secret())  # the secret is made here, and its public file with it
    assert trusted_keys([str(keys.public_path)]) == {public}
    for bad in ("ab", "zz" * 32, "ab" * 33):
        with pytest.raises(UsageError, match="no public key"):
            trusted_keys([bad])
