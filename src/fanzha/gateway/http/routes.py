"""Decides what each management path answers: why, calls in progress, tear-down, policy, health, metrics, docs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fanzha.errors import StorageError
from fanzha.gateway.http.back import Back
from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.fault import Fault, Words, bad_body
from fanzha.gateway.http.openapi import Forget, Forgotten, document, page
from fanzha.gateway.http.reading import Doorkeeper, body_of, spooled
from fanzha.gateway.http.tokens import Scope, Token
from fanzha.gateway.live.livecalls import LiveCall, LiveCalls
from fanzha.numbering.text import mask
from fanzha.policy.store import PolicyStore

LOG = logging.getLogger("fanzha.gateway.http")
Handler = Callable[[Request], Awaitable[Response]]
_STATUS = {"refused": 409, "gone": 409, "unknown": 404}  # of outcomes of a tear-down; others are 200


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command to tear a call down. why: the reason, for the log and for the person who was cut off."""

    why: Annotated[str, Meta(min_length=1, max_length=500)]


class Routes:
    """The handlers of one worker."""

    def __init__(self, back: Back, door: Doorkeeper) -> None:
        self._back = back
        self._door = door

    def all(self) -> list[Route]:
        """Every path but /v1/decide."""
        return [
            Route("/v1/explain/{key:path}", self._explain, methods=["GET"]),
            Route("/v1/calls", self._calls, methods=["GET"]),
            Route("/v1/calls/{key:path}/release", self._release, methods=["POST"]),
            Route("/v1/counters/forget", self._forget, methods=["POST"]),
            Route("/v1/policy", self._policy, methods=["GET"]),
            Route("/v1/policy", self._take, methods=["POST"]),
            Route("/healthz", self._alive, methods=["GET"]),
            Route("/readyz", self._ready, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/openapi.json", self._openapi, methods=["GET"]),
            Route("/docs", self._docs, methods=["GET"]),
        ]

    async def _explain(self, request: Request) -> Response:
        self._opened(request, Scope.EXPLAIN)
        key = request.path_params["key"]
        found = await run_in_threadpool(self._back.said, key)
        if not found:
            what = Words("没有这个呼叫的判定记录", "no verdict on such a call is kept")
            hint = Words("记录可能已过期", "it may be older than what is kept")
            raise Fault(404, "unknown_call", what, where=key, hint=hint)
        return _json({"key": key, "verdicts": found})

    async def _calls(self, request: Request) -> Response:
        token = self._opened(request, Scope.CALLS)
        live = self._live()
        whole = request.query_params.get("numbers") == "full"
        if whole:
            LOG.info("calls in progress told with whole numbers", extra={"token": token.id, "who": token.name})
        calls = await live.calls(bounds().listed)
        return _json({"calls": calls if whole else await run_in_threadpool(lambda: [_masked(call) for call in calls])})

    async def _release(self, request: Request) -> Response:
        token = self._opened(request, Scope.RELEASE)
        live = self._live()
        try:
            order = msgspec.json.decode(await body_of(request.receive, bounds().body_bytes), type=Order)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise bad_body(error) from None
        outcome = await live.release(request.path_params["key"], f"token {token.id} ({token.name})", order.why)
        LOG.info("tear-down: %s", outcome.result, extra={"token": token.id, "call": outcome.id})
        return _json(outcome, _STATUS.get(outcome.result, 200))

    async def _forget(self, request: Request) -> Response:
        token = self._opened(request, Scope.POLICY)
        try:
            named = msgspec.json.decode(await body_of(request.receive, bounds().body_bytes), type=Forget)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise bad_body(error) from None
        known = self._back.forget(named.caller)
        who = {"token": token.id, "who": token.name}
        LOG.info("counters of %s set to nothing: %s", mask(named.caller), known, extra=who)
        return _json(Forgotten(known))

    async def _policy(self, request: Request) -> Response:
        self._opened(request, Scope.POLICY)
        store = self._store()
        policy = store.current
        return _json(
            {
                "version": store.version,
                "entries": store.entries,
                "trunks": len(policy.trunks) if policy is not None else 0,
                "signer": policy.signer if policy is not None else "",
                "compiled_at": policy.compiled_at if policy is not None else None,
                "age_seconds": store.age_s(),
                "heard_at": store.heard_at(),
                "damaged": store.damaged,
            }
        )

    async def _take(self, request: Request) -> Response:
        token = self._opened(request, Scope.POLICY)
        store = self._store()
        async with spooled(request.receive, bounds().policy_bytes, store.folder) as message:
            receipt = await self._back.take(message)
        LOG.info("policy %d pushed: %s", receipt.number, receipt.refusal or "taken", extra={"token": token.id})
        return _json(receipt, 409 if receipt.refusal else 200)

    async def _alive(self, _request: Request) -> Response:
        return _json({"alive": True})

    async def _ready(self, _request: Request) -> Response:
        if self._back.ready():
            return _json({"ready": True})
        what = Words("策略尚未载入", "no policy is loaded yet")
        raise Fault(503, "not_ready", what, hint=Words("推送策略或检查 --policy 目录", "push one, or look at --policy"))

    async def _metrics(self, request: Request) -> Response:
        self._opened(request, Scope.METRICS)
        return Response(self._back.metrics(), headers={"content-type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _openapi(self, _request: Request) -> Response:
        return Response(document(), headers={"content-type": "application/json"})

    async def _docs(self, _request: Request) -> Response:
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return Response(page(), headers={"content-type": "text/html; charset=utf-8", "content-security-policy": policy})

    def _opened(self, request: Request, scope: Scope) -> Token:
        return self._door.admit(request.scope["headers"], scope)

    def _live(self) -> LiveCalls:
        if self._back.live is None:
            what = Words("没有进程在跟踪进行中的呼叫", "no process keeps the calls in progress")
            hint = Words("启动 fanzha hep", "start fanzha hep")
            raise Fault(501, "no_live_calls", what, hint=hint)
        return self._back.live

    def _store(self) -> PolicyStore:
        if self._back.store is None:
            raise StorageError("the gateway runs without a policy folder", hint="start it with --policy FOLDER")
        return self._back.store


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, {"content-type": "application/json"})


def _masked(call: LiveCall) -> LiveCall:
    forwarded = call.forwarded_from
    return msgspec.structs.replace(
        call,
        caller=None if call.caller is None else mask(call.caller),
        callee=mask(call.callee),
        forwarded_from=None if forwarded is None else mask(forwarded),
    )
