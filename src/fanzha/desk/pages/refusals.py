"""Decides how a refusal is told: a page of its own, or for htmx a small piece that does not tear up the page."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from fanzha.desk.login.middleware import public
from fanzha.errors import FanzhaError, Refused

_log = logging.getLogger(__name__)


class Refusals:
    """Turns our own errors into answers: Refused is 422, all else a person can put right is 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """A form sent by a script of ours hears where to go on: fetch would follow a redirect out of its sight."""
        answer = self._next(request)
        if answer.status_code == 302 and request.headers.get("HX-Request"):
            onward = HttpResponse(status=204, headers={"HX-Redirect": answer.headers["Location"]})
            onward.cookies = answer.cookies
            return onward
        if isinstance(answer, HttpResponseNotAllowed) and "text/html" in request.headers.get("Accept", ""):
            shown = told(request, 405, _("这个地址只用来提交"), _("请回到原来的页面再操作"))
            shown.headers["Allow"] = answer.headers["Allow"]
            return shown
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, named: dict[str, object]
    ) -> HttpResponse | None:
        """A null character is in no form of ours, and PostgreSQL fails on one."""
        if getattr(
            view, "csrf_exempt", False
        ):  # of machines: their routes say what each field takes, and refuse in JSON
            return None
        values = [value for form in (request.GET, request.POST) for _name, every in form.lists() for value in every]
        if any(isinstance(value, str) and "\x00" in value for value in (*values, *named.values())):
            return told(request, 400, _("请求有误"))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Told, where it is ours."""
        if isinstance(error, FanzhaError):
            return told(request, 422 if isinstance(error, Refused) else 400, error.message, error.hint, error.where)
        return busy(request, error) if isinstance(error, OperationalError) else None


def busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """503: the database had others to serve (a lock not had in time, two acts that waited for each other)."""
    _log.error("%s: %s", request.method, error)
    answer = told(request, 503, _("系统繁忙，操作没有进行"), _("请稍后再试"))
    answer["Retry-After"] = "2"
    return answer


def told(request: HttpRequest, status: int, title: str, hint: str = "", where: str = "") -> HttpResponse:
    """A refusal with what to do about it; where: the field it is about."""
    if not hasattr(request, "user"):
        request.user = AnonymousUser()  # refused before anybody was asked for, and pages have a place for who reads
    part = bool(request.headers.get("HX-Request"))
    template = "pages/refusal_part.html" if part else "pages/refusal.html"
    words = {
        "status": status,
        "title": title,
        "hint": hint,
        "where": where if where.isidentifier() else "",
        "back": back_of(request),
    }
    answer = render(request, template, words, status=status)
    if part:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#notice", "innerHTML"
    return answer


@public
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """400."""
    return told(request, 400, _("请求有误"))


@public
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """403."""
    return told(request, 403, _("您没有这项权限"), _("需要时请联系本单位管理员"))


@public
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404, also for what is out of one's region or network: it is not told that it exists."""
    return told(request, 404, _("没有找到"), _("地址有误，或不在您的辖区与网络范围内"))


@public
def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    try:
        return told(request, 500, _("系统出错了"), _("已记入日志，请稍后再试"))
    except Exception:  # the database, say: whoever is signed in cannot be asked
        return HttpResponse(render_to_string("pages/broken.html"), status=500)


def back_of(request: HttpRequest) -> str:
    """The page of ours that a form was sent from; none where that is this very address."""
    came = request.headers.get("Referer", "")
    if not came or request.method != "POST":
        return ""
    try:
        here = request.get_host()
    except DisallowedHost:  # which may be what is refused
        return ""
    ours = url_has_allowed_host_and_scheme(came, {here}, require_https=request.is_secure())
    return came if ours and came != request.build_absolute_uri() else ""


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 for a form that did not come from our page."""
    return told(request, 403, _("页面已过期"), _("请刷新页面后重试"))
