"""Decides how the demo's page is shown: on this machine only, this one file only, while the demo stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from fanzha.cli.language import say
from fanzha.cli.terminal import note

_HOST = "127.0.0.1"


@contextmanager
def served(page: Path, port: int) -> Iterator[None]:
    """Serve meanwhile; at another free port where this one is taken."""
    try:
        server = ThreadingHTTPServer((_HOST, port), _handler(page))
    except OSError:
        server = ThreadingHTTPServer((_HOST, 0), _handler(page))
    address = f"http://{_HOST}:{server.server_address[1]}/"
    note(say(f"上面的报告在 {address}", f"The report of the above is at {address}"))
    with server:
        Thread(target=server.serve_forever, args=(0.2,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def _handler(page: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """The page at /, nothing else."""

        def do_GET(self) -> None:
            if self.path.split("?")[0] != "/":
                self.send_error(404)
                return
            content = page.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    return Handler
