"""Decides how long the head of a request may be: a server keeps what has come of it, and httptools knows no end."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fanzha.desk.pages.bounds import bounds


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a head that does not end."""

    _head, _whole = 0, False

    def on_message_begin(self) -> None:
        """A request begins."""
        self._whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._head, self._whole = 0, True
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take a piece."""
        super().data_received(data)
        self._head = 0 if self._whole else self._head + len(data)
        if self._head > bounds().head_bytes:
            self.transport.close()
