"""A gateway keeps up with its desk from memory, a folder or over HTTP, and outlives the desk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fanzha.errors import UsageError
from fanzha.policy import FolderSource, Follower, HttpSource, MemorySource, PolicySource, PolicyStore, Publisher
from fanzha.policy import http as http_source

Messages = Callable[[], list[bytes]]
TOKEN = "secret-token"


class Desk(BaseHTTPRequestHandler):
    """The publication point of a desk: the next message after N, or 204 after the wait."""

    def do_GET(self) -> None:
        asked, _, wait = self.path.partition("?wait=")
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.send_error(401)
            return
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/v1/policy/after/0?wait=0")
            self.end_headers()
            return
        source: FolderSource = self.server.source  # type: ignore[attr-defined]
        found = source.after(int(asked.rpartition("/")[2]), float(wait))
        body = Path(found[0]).read_bytes() if found else b""  # type: ignore[arg-type]
        self.send_response(200 if body else 204)
        if not self.path.startswith("/endless"):
            self.send_header("Content-Length", str(len(body) + 5 * self.path.startswith("/cut")))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def desk(publisher: Publisher) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.source = FolderSource(publisher.store.folder)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["memory", "folder", "http"])
def source(
    request: pytest.FixtureRequest, publisher: Publisher, messages: Messages, desk: str, tmp_path: Path
) -> PolicySource:
    """The same publications from each kind of source."""
    if request.param == "folder":
        return FolderSource(publisher.store.folder)
    if request.param == "http":
        return HttpSource(f"{desk}/v1/policy", tmp_path, token=TOKEN)
    memory = MemorySource()
    published = publisher._publish

    def publish(header, compiled):  # type: ignore[no-untyped-def]
        receipt = published(header, compiled)
        memory.put(receipt.number, messages()[-1], snapshot=header.kind == "snapshot")
        return receipt

    publisher._publish = publish  # type: ignore[method-assign]
    return memory


def test_every_source_brings_a_gateway_up_to_date(
    source: PolicySource, publisher: Publisher, store: PolicyStore, entry
) -> None:
    follower = Follower(store, source, wait=0.05)
    assert follower.once()
    assert store.version == 0
    publisher.snapshot([entry()])
    publisher.delta([entry("+8613900000000", id="e2")])
    publisher.delta([], ["e1"])
    while store.version < 3:
        assert follower.once()
    publisher.snapshot([])
    assert follower.once()
    assert (store.version, store.entries) == (4, 0)
    assert follower.once()
    assert sum(store.refusals.totals().values()) == 0
    assert store.heard_at() is not None


def test_a_delta_arrives_while_the_gateway_waits(
    source: PolicySource, publisher: Publisher, store: PolicyStore, entry
) -> None:
    publisher.snapshot([entry()])
    follower = Follower(store, source, wait=5)
    follower.start()
    try:
        taken = threading.Event()
        while store.version < 1 and follower.is_alive():
            taken.wait(0.01)
        publisher.delta([], ["e1"])
        while store.version < 2 and follower.is_alive():
            taken.wait(0.01)
    finally:
        follower.stop()
    assert store.entries == 0


def test_a_dead_desk_changes_nothing_and_is_asked_again(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    memory = MemorySource()
    publisher.snapshot([entry()])
    memory.put(1, messages()[0], snapshot=True)
    follower = Follower(store, memory, wait=0.01, pause=0.001, longest=0.002)
    assert follower.once()
    memory.failing = ConnectionRefusedError(111, "refused")
    assert not follower.once()
    assert store.version == 1
    memory.failing = None
    assert follower.once()


def test_a_refused_message_is_no_end_of_following(
    publisher: Publisher, store: PolicyStore, messages: Messages, entry
) -> None:
    memory = MemorySource()
    publisher.snapshot([entry()])
    memory.put(1, b"nonsense", snapshot=True)
    follower = Follower(store, memory, wait=0.01)
    assert not follower.once()
    assert sum(store.refusals.totals().values()) == 1
    publisher.snapshot([entry()])
    memory.put(2, messages()[-1], snapshot=True)
    assert follower.once()
    assert store.version == 2


@pytest.mark.parametrize("path", ["v1/policy", "moved/policy", "nothing"])
def test_a_wrong_token_a_redirect_or_a_stranger_is_a_failure_not_a_policy(
    path: str, desk: str, store: PolicyStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = "wrong" if path == "v1/policy" else TOKEN
    base = f"{desk}/{path}" if path != "nothing" else "http://127.0.0.1:1"
    assert not Follower(store, HttpSource(base, tmp_path, token=token), wait=0).once()
    assert store.version == 0
    assert token not in caplog.text


def test_a_large_message_is_spooled_to_disk(
    desk: str, publisher: Publisher, store: PolicyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry
) -> None:
    monkeypatch.setattr(http_source, "_SMALL", 100)
    publisher.snapshot([entry()])
    source = HttpSource(f"{desk}/v1/policy", tmp_path, token=TOKEN)
    assert isinstance(source.after(0, 0)[0], Path)
    assert Follower(store, source, wait=0).once()
    assert store.version == 1


@pytest.mark.parametrize("small", [100, 1 << 20])
@pytest.mark.parametrize("path", ["cut", "endless"])
def test_an_answer_that_is_cut_off_is_no_refused_policy_but_a_failure(
    path: str, small: int, desk: str, publisher: Publisher, store: PolicyStore, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, entry,
) -> None:  # fmt: skip
    monkeypatch.setattr(http_source, "_SMALL", small)
    publisher.snapshot([entry()])
    assert not Follower(store, HttpSource(f"{desk}/{path}", tmp_path, token=TOKEN), wait=0).once()
    assert (store.version, store.refusals.totals()) == (0, {})


def test_what_is_no_address_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no http address"):
        HttpSource("ftp://desk", tmp_path)
