from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from fanzha.desk.enforcement import publishing
from fanzha.desk.enforcement.actions import add_gateway, note
from fanzha.errors import PolicyError
from fanzha.policy import Action, Entry, HttpSource, PolicyStore, Subject
from fanzha.signing import public_key
from fanzha.signing.keys import Keys


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def served(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The desk on a socket of this machine."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/policy"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_gateway_follows_with_its_own_client(served: str, house: Any, tmp_path: Path) -> None:
    """policy.http.HttpSource against the desk: the snapshot, then held back until the next approval."""
    _made, token = add_gateway(None, "gw1", "hb", timezone.now() + timedelta(days=1))
    out = publishing.publisher()
    publishing.publish(out, timezone.now())
    source = HttpSource(served, tmp_path, token=token)
    store = PolicyStore(tmp_path / "gateway", {public_key(Keys(tmp_path, "policy", PolicyError).secret())})
    (message,) = source.after(0, 0)
    assert store.take(message).taken
    assert source.after(store.version, 0) == []
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.extend(source.after(store.version, 20)))
    waiting.start()
    now = time.time_ns() // 1000
    entry = Entry(
        id="measure:1", subject=Subject.NUMBER, value="+8613907110002", action=Action.BLOCK, reason="fraud",
        source="measure:1", starts=now, expires=now + 10**9,
    )  # fmt: skip
    note_and_publish(out, entry)
    waiting.join()
    assert store.take(found[0]).added == 1


def note_and_publish(out: Any, entry: Entry) -> None:
    from django.db import transaction

    with transaction.atomic():
        note({entry.id: entry}, timezone.now())
    publishing.publish(out, timezone.now())
