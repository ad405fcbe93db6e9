"""Decides how the HTTP side describes itself: OpenAPI made of the very types, and a page that needs no web."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from fanzha import __version__
from fanzha.gateway.http.asking import Ask, Batch
from fanzha.gateway.http.fault import Words
from fanzha.gateway.http.tokens import Scope
from fanzha.gateway.live.livecalls import LiveCall, Outcome
from fanzha.gateway.verdict import Verdict
from fanzha.policy.store import Receipt


class Verdicts(msgspec.Struct, frozen=True):
    """Verdicts in the order of the calls asked about."""

    verdicts: list[Verdict]


class Explained(msgspec.Struct, frozen=True):
    """The verdicts on one call, newest first."""

    key: str
    verdicts: list[Verdict]


class Calls(msgspec.Struct, frozen=True):
    """Calls in progress, answered ones first, the longest at the head."""

    calls: list[LiveCall]


class Forget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose counters at call time are to be set to nothing."""

    caller: Annotated[str, Meta(min_length=1, max_length=256)]


class Forgotten(msgspec.Struct, frozen=True):
    """Whether there were any."""

    forgotten: bool


class Error(msgspec.Struct, frozen=True):
    """The `error` of every answer that is no success."""

    code: str
    what: Words
    where: str
    hint: Words


class Path(NamedTuple):
    """One method of one path. takes, gives: types, None for no body or another media type."""

    method: str
    path: str
    scope: Scope | None
    zh: str
    en: str
    takes: Any = None
    gives: Any = None


PATHS = (
    Path("post", "/v1/decide", Scope.DECIDE, "判定一个或一批呼叫", "verdict on one call or a batch",
         Ask | Batch, Verdict | Verdicts),
    Path("get", "/v1/explain/{key}", Scope.EXPLAIN, "说明某个呼叫为何如此判定", "why a call got its verdict",
         None, Explained),
    Path("get", "/v1/calls", Scope.CALLS, "进行中的呼叫（?numbers=full 显示全号）",
         "calls in progress (?numbers=full unmasks)", None, Calls),
    Path("post", "/v1/calls/{key}/release", Scope.RELEASE, "拆除一个进行中的呼叫", "tear a call down", None, Outcome),
    Path("post", "/v1/counters/forget", Scope.POLICY, "清零一个主叫的呼叫计数", "set one caller's counters to nothing",
         Forget, Forgotten),
    Path("get", "/v1/policy", Scope.POLICY, "当前策略：版本、条数、签发者、时效", "the policy in force and its age"),
    Path("post", "/v1/policy", Scope.POLICY, "推送已签名的快照或增量", "push a signed snapshot or delta",
         bytes, Receipt),
    Path("get", "/healthz", None, "进程是否在", "whether the process is alive"),
    Path("get", "/readyz", None, "策略是否已载入", "whether a policy is loaded"),
    Path("get", "/metrics", Scope.METRICS, "Prometheus 指标", "counts for Prometheus"),
    Path("get", "/openapi.json", None, "本文档", "this document"),
    Path("get", "/docs", None, "本页", "this page"),
)  # fmt: skip


@cache
def document() -> bytes:
    """OpenAPI 3.1 as JSON."""
    types = [Ask, Batch, Verdict, Verdicts, Explained, Calls, Outcome, Forget, Forgotten, Receipt, Error]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for each in PATHS:
        paths.setdefault(each.path, {})[each.method] = _operation(each)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Fanzha gateway 反诈网关", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


def _operation(each: Path) -> dict[str, Any]:
    failed = {"type": "object", "properties": {"error": {"$ref": "#/components/schemas/Error"}}}
    made: dict[str, Any] = {
        "summary": f"{each.zh} · {each.en}",
        "responses": {
            "200": {"description": "success", **_content(each.gives)},
            "default": {"description": "failure", "content": {"application/json": {"schema": failed}}},
        },
    }
    if each.scope is not None:
        made["security"] = [{"token": [each.scope]}]
    if "{key}" in each.path:
        made["parameters"] = [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}]
    if each.path.endswith("/release"):
        reason = {"type": "object", "required": ["why"], "properties": {"why": {"type": "string", "minLength": 1}}}
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": reason}}}
    elif each.takes is not None:
        made["requestBody"] = {"required": True, **_content(each.takes)}
    return made


def _content(type_: Any) -> dict[str, Any]:
    if type_ is None:
        return {}
    if type_ is bytes:
        return {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    names = [each.__name__ for each in getattr(type_, "__args__", (type_,))]
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return {"content": {"application/json": {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}}}


@cache
def page() -> bytes:
    """The paths as one page of HTML without scripts and without requests to anywhere."""
    rows = "".join(
        f"<tr><td><code>{each.method.upper()}</code></td><td><code>{escape(each.path)}</code></td>"
        f"<td>{each.scope or '–'}</td><td>{escape(each.zh)}<br><small>{escape(each.en)}</small></td></tr>"
        for each in PATHS
    )
    text = (
        "<!doctype html><html lang=zh><meta charset=utf-8><title>Fanzha gateway 反诈网关</title>"
        "<style>body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "td,th{padding:.4rem .8rem;text-align:left;border-bottom:1px solid #ccc}small{color:#555}"
        "pre{background:#f4f4f4;padding:1rem;overflow:auto}</style>"
        f"<h1>Fanzha gateway 反诈网关 {__version__}</h1>"
        "<p>Authorization: Bearer <em>token</em> · <code>fanzha gateway token add</code> · "
        "<a href=/openapi.json>openapi.json</a></p>"
        f"<table><tr><th>method<th>path<th>scope 权限<th>什么 what</tr>{rows}</table>"
        "<pre>curl -H 'Authorization: Bearer TOKEN' http://127.0.0.1:8080/v1/decide -d '"
        '{"key":"call-1","caller":"+8613812345678","callee":"+8613900001234"}'
        "'</pre></html>"
    )
    return text.encode()
