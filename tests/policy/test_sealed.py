from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha import signing
from fanzha.policy import Publisher, Refused
from fanzha.policy.sealed import MAGIC, open_sealed, read_header

SECRET = bytes(range(32))
TRUSTED = {signing.public_key(SECRET)}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.booleans(), st.integers(0, 400))
def test_whatever_bytes_come_they_are_refused_and_no_more(tmp_path: Path, text: bytes, ours: bool, length: int) -> None:
    path = tmp_path / "message"
    path.write_bytes(MAGIC + length.to_bytes(8, "little") + text if ours else text)
    with pytest.raises(Refused):
        open_sealed(path, TRUSTED)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b'{"kind":"delta","number":1,"made_at":1,"signer":"0"}'])
)
def test_a_header_that_was_signed_and_still_says_nothing_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "message"
    signature = signing.sign(SECRET, b"fanzha-policy/1\n" + header)
    path.write_bytes(MAGIC + len(header).to_bytes(8, "little") + header + signature)
    with pytest.raises(Refused):
        open_sealed(path, TRUSTED)


def test_a_signature_of_another_purpose_does_not_fit(tmp_path: Path) -> None:
    header = b"{}"
    path = tmp_path / "message"
    path.write_bytes(MAGIC + len(header).to_bytes(8, "little") + header + signing.sign(SECRET, header))
    with pytest.raises(Refused, match="not signed"):
        open_sealed(path, TRUSTED)


def test_a_length_beyond_all_sense_reads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "message"
    path.write_bytes(MAGIC + (1 << 62).to_bytes(8, "little") + os.urandom(100))
    with pytest.raises(Refused, match="cut off"):
        open_sealed(path, TRUSTED)


def test_the_header_can_be_read_alone(publisher: Publisher, entry) -> None:
    publisher.snapshot([entry()], batch="b7")
    header = read_header(publisher.store.folder / "000000000001.snapshot", TRUSTED)
    assert (header.kind, header.number, header.batch, header.signer) == (
        "snapshot", 1, "b7", signing.public_key(SECRET).hex()
    )  # fmt: skip
    assert header.made_at < time.time_ns() // 1000
