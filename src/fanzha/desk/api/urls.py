"""Decides where the REST interface lies, how it refuses, and that its description is for people who are signed in."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from fanzha import __version__
from fanzha.desk.api import (
    alerts,
    appeals,
    callbacks,
    complaints,
    entities,
    lists,
    measures,
    notices,
    pushes,
    referrals,
    reports,
    requests,
    rollbacks,
)
from fanzha.desk.login.middleware import public
from fanzha.errors import FanzhaError, Refused

_log = logging.getLogger(__name__)
_ABOUT = """反诈工作台接口 The desk over REST.

Every route needs `Authorization: Bearer fz_…` (page 接口密钥 API keys, or `fanzha desk add_key`). A key acts as its
owner, within its scopes, until it expires. Numbers are masked. Every write carries an `Idempotency-Key`: the same key
and body again gives the same receipt and does nothing; another body under the same key is refused (422).
"""
api = NinjaAPI(title="Fanzha 反诈工作台", version=__version__, description=_ABOUT, urls_namespace="api")
for _prefix, _room in (
    ("/alerts", alerts),
    ("/entities", entities),
    ("/measures", measures),
    ("/lists", lists),
    ("/appeals", appeals),
    ("/complaints", complaints),
    ("/callbacks", callbacks),
    ("/notices", notices),
    ("/reports", reports),
    ("/requests", requests),
    ("/referrals", referrals),
    ("/rollbacks", rollbacks),
    ("/pushes", pushes),
):
    api.add_router(_prefix, _room.router)


def _told(request: HttpRequest, status: int, title: str, where: str = "", hint: str = "") -> HttpResponse:
    problem = {"status": status, "title": title, "where": where, "hint": hint}
    return api.create_response(request, problem, status=status)


@api.exception_handler(FanzhaError)
def _ours(request: HttpRequest, error: FanzhaError) -> HttpResponse:
    return _told(request, 422 if isinstance(error, Refused) else 400, error.message, error.where, error.hint)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _told(request, 401, _("密钥缺失、无效或已到期"), "Authorization", "Bearer fz_…")


@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return _told(request, 403, _("密钥的范围或责任人的权限不含此项"), str(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return _told(request, 404, _("没有找到"))


@api.exception_handler(HttpError)
def _other(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _told(request, error.status_code, error.message)


@api.exception_handler(OperationalError)
def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """The database had others to serve: a lock not had in time, two acts that waited for each other."""
    _log.error("%s: %s", request.method, error)
    answer = _told(request, 503, _("系统繁忙，操作没有进行"), "", _("请稍后再试"))
    answer["Retry-After"] = "2"
    return answer


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What was sent is not told back: it may hold a full number."""
    wrong: list[dict[str, Any]] = error.errors
    where = ", ".join(".".join(str(part) for part in each["loc"]) for each in wrong[:10])
    return _told(request, 422, _("请求内容不符合接口说明"), where, "; ".join(str(each["msg"]) for each in wrong[:10]))


urls = api.urls
for _each in urls[0]:
    if isinstance(_each, URLPattern) and not str(_each.name).startswith(("openapi", "api-root")):
        public(_each.callback)  # past the gate of sessions: the door is the key
