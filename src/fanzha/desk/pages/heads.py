"""Decides how long the head of a request may be: a server keeps what has come of it, and httptools knows no end."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fanzha.desk.pages.bounds import bounds


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a head that does not end."""

    _head, _open = 0, False

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head, self._open = -1, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._open = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take a piece."""
        super().data_received(data)
        if self._open:  # what came with its beginning may be of requests before it
            self._head = 0 if self._head < 0 else self._head + len(data)
            if self._head > bounds().head_bytes:
                self.transport.close()
