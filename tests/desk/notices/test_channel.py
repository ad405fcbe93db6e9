from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from fanzha.desk.notices.channel import FileChannel, HttpChannel, MemoryChannel, Message, MessageChannel
from fanzha.errors import StorageError, UsageError

MESSAGE = Message("notice-1", "+8613907110002", "您好", "zh-hans")


def test_a_file_keeps_a_line_each_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "out" / "messages.jsonl"
    FileChannel(path).send(MESSAGE)
    FileChannel(path).send(MESSAGE)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["notice-1", "notice-1"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        FileChannel(tmp_path / "file" / "messages.jsonl").send(MESSAGE)


@pytest.fixture
def centre() -> Any:
    """A text message centre that answers what it is told to."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((dict(self.headers), body))
            self.send_response(500 if body["to"].endswith("9") else 202)
            self.end_headers()
            self.wfile.write(b'{"receipt": "sms-77"}')

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/send", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_http_sends_id_and_token_and_keeps_the_receipt(centre: Any) -> None:
    address, got = centre
    assert HttpChannel(address, "secret").send(MESSAGE) == "sms-77"
    head, body = got[0]
    assert (head["Idempotency-Key"], head["Authorization"]) == ("notice-1", "Bearer secret")
    assert body["text"] == "您好"


def test_http_failure_is_an_error(centre: Any) -> None:
    with pytest.raises(OSError, match="500"):
        HttpChannel(centre[0]).send(Message("notice-2", "+8613907110009", "x", "en"))
    with pytest.raises(UsageError):
        HttpChannel("ftp://somewhere")


@pytest.mark.parametrize("which", ["memory", "file", "http"])
def test_every_channel_keeps_the_contract(which: str, centre: Any, tmp_path: Path) -> None:
    """A receipt for each; the same id again is taken again; what is not taken is an error that the job knows."""
    address, _got = centre
    made: MessageChannel = {
        "memory": MemoryChannel(), "file": FileChannel(tmp_path / "m.jsonl"), "http": HttpChannel(address)
    }[which]  # fmt: skip
    first, again = made.send(MESSAGE), made.send(MESSAGE)
    assert first
    assert first == again
    if isinstance(made, MemoryChannel):
        made.failing = OSError("down")
    if isinstance(made, FileChannel):
        (tmp_path / "m.jsonl").unlink()
        (tmp_path / "m.jsonl").mkdir()
    with pytest.raises((OSError, StorageError)):
        made.send(Message("notice-2", "+8613907110009", "x", "en"))
