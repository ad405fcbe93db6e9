"""Asks a desk for new policy over HTTP: one message an answer, held back by the desk until there is one (long poll).

GET BASE/after/N?wait=S answers 200 with the next message for a gateway at N, or 204 after S seconds without one. The
answer names its Content-Length.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from fanzha.errors import UsageError
from fanzha.policy.limits import limits
from fanzha.policy.source import PolicySource

_SMALL = 8 << 20  # bytes that are held in memory; what is larger is spooled
_CHUNK = 1 << 20
_GRACE_S = 10.0  # beyond the wait, for the answer to come


class HttpSource(PolicySource):
    """A desk's publication point. Raises UsageError for what is no http(s) address."""

    def __init__(self, base: str, spool: Path, *, token: str = "", context: ssl.SSLContext | None = None) -> None:
        """base: address up to but without /after/N. spool: folder for large messages. token: bearer token, never
        logged. context: how to check the desk's certificate, for https.
        """
        if not base.startswith(("http://", "https://")):
            raise UsageError(f"{base!r} is no http address", hint="for example https://desk.example/v1/policy")
        self._base = base.rstrip("/")
        self._token = token
        handlers = [_NoRedirect(), urllib.request.HTTPSHandler(context=context)]
        self._open = urllib.request.build_opener(*handlers).open
        self._fetched = spool / f".fetched.{os.getpid()}"

    def after(self, number: int, wait: float) -> list[bytes | Path]:
        """See PolicySource."""
        request = urllib.request.Request(f"{self._base}/after/{number}?wait={wait:g}")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            self._fetched.unlink(missing_ok=True)
            with self._open(request, timeout=wait + _GRACE_S) as answer:
                return [] if answer.status == 204 else [self._body(answer)]
        except HTTPException as error:
            raise OSError(f"the desk's answer is no HTTP: {type(error).__name__}") from error

    def _body(self, answer: HTTPResponse) -> bytes | Path:
        length = answer.length
        if length is None or not 0 < length <= limits().message_bytes:
            raise OSError(f"the desk's answer has a length of {length}")
        if length <= _SMALL:
            return answer.read()
        with self._fetched.open("wb") as file:
            while block := answer.read(_CHUNK):
                file.write(block)
            if file.tell() != length:
                raise OSError(f"the desk's answer ended after {file.tell():,} of {length:,} bytes")
        return self._fetched


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for one desk: a redirect is an error, not a way to somewhere else."""

    def redirect_request(self, *_: object) -> None:
        """None makes the answer an HTTPError."""
