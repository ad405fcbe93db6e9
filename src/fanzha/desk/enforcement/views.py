"""Decides what gateways get: the next policy message, held back until there is one, and a place for their counts."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.enforcement.actions import gateway_of
from fanzha.desk.enforcement.counts import Report, take
from fanzha.desk.enforcement.limits import limits
from fanzha.desk.enforcement.models import Gateway
from fanzha.desk.enforcement.publishing import folder
from fanzha.desk.login.middleware import public
from fanzha.policy import FolderSource

_BLOCK = 1 << 18
_MOST = 2**53  # no policy has such a number
_waiting = threading.BoundedSemaphore(limits().waiting)


@public
@require_GET
def after(request: HttpRequest, number: int) -> HttpResponseBase:
    """The next message for a gateway at `number` (200), or 204 after `?wait=` seconds without one."""
    gateway = _gateway(request)
    if gateway is None:
        return HttpResponse(status=401)
    if number > _MOST:
        return HttpResponse(status=400)
    Gateway.objects.filter(pk=gateway.pk).update(seen_at=timezone.now(), version=number)
    if not connection.in_atomic_block:
        connection.close()  # nothing of the database is held while waiting
    if not _waiting.acquire(blocking=False):
        return HttpResponse(status=503, headers={"Retry-After": "1"})
    try:
        found = FolderSource(folder()).after(number, _wait(request))
    finally:
        _waiting.release()
    if not found:
        return HttpResponse(status=204)
    path = found[0]
    assert isinstance(path, Path)
    head = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}
    return StreamingHttpResponse(_blocks(path, isinstance(request, ASGIRequest)), headers=head)


@csrf_exempt
@public
@require_POST
def counts(request: HttpRequest) -> HttpResponse:
    """Take a report of counts; answers the position up to which they are taken."""
    gateway = _gateway(request)
    if gateway is None:
        return HttpResponse(status=401)
    try:
        report = msgspec.json.decode(request.body, type=Report)
    except msgspec.MsgspecError as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"position": take(gateway, report)})


def _blocks(path: Path, asynchronous: bool) -> Iterator[bytes] | AsyncIterator[bytes]:
    """A message piece by piece, for a snapshot may be larger than the memory; the kind of iterator the server reads."""
    file = path.open("rb")  # open before the answer begins: a newer snapshot may sweep the name away

    def read() -> Iterator[bytes]:
        with file:
            while block := file.read(_BLOCK):
                yield block

    async def read_later() -> AsyncIterator[bytes]:
        for block in read():
            yield block

    return read_later() if asynchronous else read()


def _gateway(request: HttpRequest) -> Gateway | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return gateway_of(token.strip(), timezone.now()) if scheme.lower() == "bearer" and token else None


def _wait(request: HttpRequest) -> float:
    try:
        asked = float(request.GET.get("wait", "0"))
    except ValueError:
        return 0.0
    return min(max(asked, 0.0), limits().longest_wait) if asked == asked else 0.0
