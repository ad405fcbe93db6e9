from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fanzha import signing
from fanzha.policy import Action, Entry, PolicyStore, Publisher, Subject

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000
SECRET = bytes(range(32))
PUBLIC = signing.public_key(SECRET)
MakeEntry = Callable[..., Entry]


@pytest.fixture(scope="session")
def entry() -> MakeEntry:
    """An entry that blocks one caller for an hour from NOW, with what a test changes."""

    def make(value: str = "+8613812345678", **more: Any) -> Entry:
        given = {
            "id": "e1", "subject": Subject.NUMBER, "value": value, "action": Action.BLOCK, "reason": "police",
            "source": "case 1", "starts": NOW, "expires": NOW + HOUR, **more,
        }  # fmt: skip
        return Entry(**given)

    return make


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """A desk's publisher, at NOW."""
    return Publisher(tmp_path / "published", SECRET, clock=lambda: NOW)


@pytest.fixture
def store(tmp_path: Path) -> PolicyStore:
    """A gateway's store that trusts that desk, a minute later."""
    return PolicyStore(tmp_path / "kept", {PUBLIC}, clock=lambda: NOW + 60_000_000)


@pytest.fixture
def messages(publisher: Publisher) -> Callable[[], list[bytes]]:
    """What that publisher has published, in order."""
    folder = publisher.store.folder
    return lambda: [path.read_bytes() for path in sorted(folder.glob("0*")) if path.suffix in (".snapshot", ".delta")]
