"""Decides how static files are sent: WhiteNoise finds them and sets their headers; on an ASGI server a piece at a time.

WhiteNoise answers with a plain iterator, which Django's ASGI handler would gather whole in memory, with a warning.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseFileResponse, WhiteNoiseMiddleware  # type: ignore[import-untyped]

_PIECE = 1 << 16


class Statics(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, for both kinds of servers."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The file; what is none goes on to the pages."""
        answer: HttpResponseBase = super().__call__(request)
        if isinstance(request, ASGIRequest) and isinstance(answer, WhiteNoiseFileResponse):
            answer.block_size = _PIECE
            answer.streaming_content = _pieces(answer.streaming_content)
        return answer


async def _pieces(content: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Each comes from the page cache in microseconds."""
    for piece in content:
        yield piece
