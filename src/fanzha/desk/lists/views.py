"""Decides what pages of lists show: the items of a list, one of them, adding by hand and by Excel, a shop's check."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.audit.actions import Act, record_alone
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.excel import exporting
from fanzha.desk.excel.writing import sent
from fanzha.desk.lists import actions, importing, sheet
from fanzha.desk.lists.choices import HOLDING, KINDS, Authority, Exemption, List, State
from fanzha.desk.lists.entering import may_enter
from fanzha.desk.lists.forms import ItemForm
from fanzha.desk.lists.judging import BLOCK_REASONS
from fanzha.desk.lists.models import Import, Item
from fanzha.desk.lists.terms import terms
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import CAP, ROWS, Pages, states_of
from fanzha.desk.rights.seats import holds, seats_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused
from fanzha.policy import reasons


@needs("lists.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """One list; what holds or waits, unless `?state=` says otherwise."""
    which, user = _which(request.GET.get("list", List.BLOCK)), person(request)
    found = _filtered(request, which)
    page = Pages(found.order_by("-proposed_at", "-pk"), ROWS).get_page(request.GET.get("page"))
    seen = Item.objects.visible_to(user, "lists.view").filter(list=which)
    shown = {
        "which": which,
        "lists": List.choices,
        "rows": page,
        "capped": page.paginator.count >= CAP,
        "states": [(state.value, state.label, state.value in _states(request)) for state in State],
        "soon": seen.expiring(timezone.now()).count(),
        "waiting": seen.filter(state=State.PROPOSED).count(),
        "may_edit": holds(user, "lists.edit"),
        "imports": Import.objects.visible_to(user, "lists.view").filter(list=which)[:5],
        "reminder_days": terms().reminder_days,
    }
    return render(request, "lists/list.html", shown)


@needs("lists.view")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One item."""
    user = person(request)
    item = get_object_or_404(_seen(user).select_related("proposed_by", "approved_by"), pk=pk)
    trail = Entry.objects.about("item", pk)[:SHOWN]
    return render(
        request,
        "lists/detail.html",
        {"item": item, "buttons": list(available(item, user)), "trail": trail, "reason": reasons()[item.reason]},
    )


@needs("lists.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject, contest, keep, restore or remove."""
    user, name = person(request), request.POST.get("act", "")
    get_object_or_404(_seen(user), pk=pk)
    if name not in Item.workflow.by_name:
        raise Http404
    actions.act(user, pk, name, request.POST.get("reason", ""))
    return redirect("lists:detail", pk=pk)


@needs("lists.edit")
@sensitive_post_parameters("value", "name")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, which: str) -> HttpResponse:
    """A new item by hand."""
    user, error = person(request), None
    networks = _networks(user)
    form = ItemForm(request.POST or None)
    if request.method == "POST":
        try:
            if not form.is_valid():
                raise Refused(_("请更正标出的栏目"))
            item = actions.propose(user, request.POST.get("network", ""), _which(which), form.line)
        except Refused as refused:
            error = refused
        else:
            return redirect("lists:detail", pk=item.pk)
    shown = {**_choices(which), "networks": networks, "said": request.POST, "error": error, "form": form}
    return render(request, "lists/add.html", shown, status=422 if error else 200)


@needs("lists.edit")
@require_POST
def bring(request: HttpRequest, which: str) -> HttpResponse:
    """The dry run of an Excel."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Refused(_("请选择文件"))
    made = importing.attempt(person(request), request.POST.get("network", ""), _which(which), file)
    return redirect("lists:brought", pk=made.pk)


@needs("lists.view")
@require_GET
def brought(request: HttpRequest, pk: int) -> HttpResponse:
    """What an import found, and its approval."""
    user = person(request)
    made = get_object_or_404(_imports(user).select_related("proposed_by"), pk=pk)
    faulty = importing.faults_of(made)[: terms().errors_shown] if made.state == "tried" and made.faulty else ()
    names = dict(zip(sheet.COLUMNS[List(made.list)], sheet.heads(made.list), strict=True))
    shown = {
        "made": made,
        "buttons": list(available(made, user)),
        "faulty": [
            (row, [(names.get(each.column, each.column), each.problem) for each in found]) for row, found in faulty
        ],
        "items": made.items.order_by("pk")[:ROWS],
    }
    return render(request, "lists/brought.html", shown)


@needs("lists.view")
@require_POST
def bring_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit, approve or reject an import."""
    user, name = person(request), request.POST.get("act", "")
    get_object_or_404(_imports(user), pk=pk)
    if name == "submit":
        importing.submit(user, pk)
    elif name == "approve":
        importing.approve(user, pk)
    elif name == "reject":
        importing.reject(user, pk, request.POST.get("reason", ""))
    else:
        raise Http404
    return redirect("lists:brought", pk=pk)


@needs("lists.edit")
@require_GET
def template(_request: HttpRequest, which: str) -> HttpResponseBase:
    """An empty sheet to fill in."""
    return sent(f"{which}-template.xlsx", sheet.template(_which(which)))


@needs("lists.view")
@require_GET
def faults(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Row by row what is wrong with an import."""
    made = get_object_or_404(_imports(person(request)), pk=pk)
    return sent(f"errors-{pk}.xlsx", sheet.faults_sheet(made.list, importing.faults_of(made)))


@needs("lists.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, masked; recorded."""
    which, user = _which(request.GET.get("list", List.BLOCK)), person(request)
    rows = _filtered(request, which).order_by("-proposed_at", "-pk")
    told = {"state": _states(request), "soon": request.GET.get("soon")}
    return exporting.exported(user, "lists", rows, sheet.table(), told, which)


@needs("lists.check")
@sensitive_post_parameters("document")
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Whether a new card may be opened on a document; a shop is told a code, never the reason."""
    user, answer = person(request), None
    networks = sorted({code for seat in seats_of(user) if "lists.check" in seat.rights for code in seat.networks})
    if request.method == "POST":
        network = request.POST.get("network", "")
        if network not in networks:
            raise Http404
        answer = may_enter(network, request.POST.get("document", "")[:40], timezone.now())
        told = {"may": answer.may, "code": answer.code}
        record_alone(user, Act("lists.check", "list", List.RESTRICTED, network, "", data=told))
    return render(request, "lists/check.html", {"answer": answer, "networks": networks})


def _which(name: str) -> str:
    if name not in List.values:
        raise Http404
    return name


def _seen(user: User) -> Any:
    return Item.objects.visible_to(user, "lists.view")


def _imports(user: User) -> Any:
    return Import.objects.visible_to(user, "lists.view")


def _states(request: HttpRequest) -> list[str]:
    """Those asked for; else what holds or waits."""
    return states_of(request, State) or [State.PROPOSED, *HOLDING]


def _filtered(request: HttpRequest, which: str) -> Any:
    found = _seen(person(request)).filter(list=which)
    found = found.filter(state__in=_states(request))
    return found.expiring(timezone.now()) if request.GET.get("soon") else found


def _networks(user: User) -> list[str]:
    return sorted({code for seat in seats_of(user) if "lists.edit" in seat.rights for code in seat.networks})


def _choices(which: str) -> dict[str, Any]:
    return {
        "which": _which(which),
        "title": List(which).label,
        "fields": sheet.COLUMNS[List(which)],
        "kinds": [(kind.value, kind.label) for kind in KINDS[List(which)]],
        "reasons": [(code, _worded(code)) for code in BLOCK_REASONS],
        "authorities": [(name, Authority(name).label) for name in terms().authorities],
        "presets": terms().presets,
        "exemptions": Exemption.choices,
        "most_days": terms().most_days[which],
        "back": f"{reverse('lists:list')}?list={which}",
    }


def _worded(code: str) -> str:
    words = reasons()[code]
    return words.en if get_language() == "en" else words.zh
