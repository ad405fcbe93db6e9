"""Decides how times, places, deadlines and actions read on every page."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fanzha.desk.alerts.models import told
from fanzha.desk.excel.exporting import RIGHT as EXPORT
from fanzha.desk.pages.places import place
from fanzha.desk.rights.seats import holds

register = template.Library()
register.filter("place", place)
register.filter("told", told)
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
# As each language writes them: (in this year, in another).
_MOMENT = {"zh-hans": ("m-d H:i", "Y-m-d H:i"), "en": ("j M H:i", "j M Y H:i")}
_SECOND = {"zh-hans": ("m-d H:i:s", "Y-m-d H:i:s"), "en": ("j M H:i:s", "j M Y H:i:s")}
_DAY = {"zh-hans": "Y-m-d", "en": "j M Y"}
_SHORT_DAY = {"zh-hans": "m-d", "en": "j M"}


@register.filter
def moment(at: datetime | None) -> str:
    """A time as each language writes it: 11-16 10:00, 16 Nov 10:00; with the year where it is not this one."""
    return _written(at, _MOMENT)


@register.filter
def second(at: datetime | None) -> str:
    """A time to the second: 11-16 10:00:05, 16 Nov 10:00:05."""
    return _written(at, _SECOND)


@register.filter
def day(at: date | None) -> str:
    """A date: 2026-11-16, 16 Nov 2026."""
    return "—" if at is None else dateformat.format(at, _DAY[_language()])


@register.filter
def short_day(at: date) -> str:
    """A date beside others of its year: 11-16, 16 Nov."""
    return dateformat.format(at, _SHORT_DAY[_language()])


@register.simple_tag
def stamp() -> str:
    """Now, in full, for what is printed."""
    return dateformat.format(timezone.localtime(), _MOMENT[_language()][1])


def _written(at: datetime | None, forms: dict[str, tuple[str, str]]) -> str:
    if at is None:
        return "—"
    here = timezone.localtime(at)
    return dateformat.format(here, forms[_language()][here.year != timezone.localtime().year])


def _language() -> str:
    return "en" if get_language() == "en" else "zh-hans"


@register.filter
def span(seconds: float | None) -> str:
    """A length of time: 45 s, 12 min, 3.5 h, 2 d."""
    if seconds is None:
        return "—"
    whole = abs(float(seconds))
    for size, unit in ((86400, _("天")), (3600, _("小时")), (60, _("分钟"))):
        if whole >= size:
            figure = whole / size
            return f"{figure:.0f} {unit}" if figure >= 9.95 else f"{figure:.1f}".removesuffix(".0") + f" {unit}"
    unit = _("秒")
    return f"{whole:.0f} {unit}"


@register.filter
def countdown(due: datetime | None) -> SafeString:
    """How long a deadline still is, or by how much it was missed."""
    if due is None:
        return mark_safe('<span class="text-secondary">—</span>')  # noqa: S308 - a constant
    left = (due - timezone.now()).total_seconds()
    tone = "late" if left < 0 else ("soon" if left < 3600 else "fine")
    words = _("超时 %(span)s") if left < 0 else _("剩 %(span)s")
    text = words % {"span": span(left)}
    return format_html('<time class="due {}" datetime="{}">{}</time>', tone, due.isoformat(), text)


@register.filter
def figure(value: float | None) -> str:
    """A number as people read it; unknown is a question mark, never zero."""
    if not isinstance(value, int | float):
        return "?"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


@register.simple_tag
def data_block(value: Any, name: str) -> SafeString:
    """JSON for a script of ours to read; the browser does not run it, and it cannot close its own element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return format_html('<script type="application/json" id="{}">{}</script>', name, mark_safe(text))  # noqa: S308


@register.inclusion_tag("pages/export.html", takes_context=True)
def export(context: dict[str, Any], view: str, *rights: str) -> dict[str, Any]:
    """The way to a list's Excel under the page's filters, for who may export, or holds one of `rights`.

    Those lists are about the desk's own people, and nothing in them is masked.
    """
    query = with_query(context, page="").removeprefix("?")
    address = f"{reverse(view)}?{query}" if query else reverse(view)
    user = context["request"].user
    return {"may": any(holds(user, right) for right in rights or (EXPORT,)), "masked": not rights, "address": address}


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """This page's query with some values changed; an empty value is left out."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag(takes_context=True)
def wrong(context: dict[str, Any], name: str) -> SafeString:
    """What is wrong with a field, to stand beside it: what its form found, or a refusal that names it."""
    form, error = context.get("form"), context.get("error")
    told = [str(each) for each in form.errors.get(name, ())] if form is not None else []
    if error is not None and error.where == name:
        told.append(f"{error.message} {error.hint}")
    return format_html_join("", '<small class="text-danger field-wrong">{}</small>', ((each,) for each in told))


@register.simple_tag(takes_context=True)
def again(context: dict[str, Any], name: str) -> SafeString:
    """Beside a field for files, on a page drawn anew: which were sent, for a browser keeps none and says nothing."""
    request: HttpRequest = context["request"]
    sent = [each.name for each in request.FILES.getlist(name) if each.name]
    if not sent:
        return mark_safe("")
    told = _("刚才选的文件（%(names)s）浏览器不会保留，再次提交前请重新选择") % {"names": _("、").join(sent)}
    return format_html('<small class="text-danger field-wrong" role="alert">{}</small>', told)
