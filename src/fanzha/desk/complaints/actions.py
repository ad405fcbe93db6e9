"""Decides how a complaint gets in (form, API): once, whoever sends it again; and how it is found true or not."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.alerts.intake import region_of
from fanzha.desk.audit.actions import record
from fanzha.desk.complaints.choices import Kind, State, Way
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.sameness import Came, Known
from fanzha.desk.complaints.weighing import weigh_all
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import networks_of
from fanzha.desk.workflow.actions import act_of, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused
from fanzha.policy import is_protected


@dataclass(frozen=True)
class Said:
    """What someone says. complainant: their own number; reference: the sender's number of it, "" for none.

    at: when they said it, None for now.
    """

    number: str
    complainant: str
    kind: str = Kind.FRAUD
    way: str = Way.OPERATOR
    reference: str = ""
    told: str = ""
    at: datetime | None = None


def take(by: User, network: str, said: Said, *, at: datetime | None = None) -> tuple[Complaint, bool]:
    """The complaint, and whether it is new; the same again is counted on the first one, the same reference not at all.

    Raises PermissionDenied, Refused with what is wrong.
    """
    home, now = place(by, network), at or timezone.now()
    ((kept, came),) = take_all(by, home, [read(by, home, said, now)], now)
    return kept, came == Came.NEW


def place(by: User, network: str) -> Network:
    """The network, if this person may file complaints on it. Raises PermissionDenied."""
    if network not in networks_of(by, "complaints.file"):
        raise PermissionDenied("complaints.file")
    return Network.objects.get(code=network)


def take_all(by: User, home: Network, fresh: Sequence[Complaint], now: datetime) -> list[tuple[Complaint, Came]]:
    """Keep complaints that were read, in their order: which row each came to, and how. One transaction."""
    with transaction.atomic():
        Network.objects.select_for_update(no_key=True).get(code=home.code)  # two at the same instant are one complaint
        known = Known(home.code, fresh)
        found = [known.take(each) for each in fresh]
        known.save()
        told = [
            act_of(kept, "complaints.file", "", {"shown": kept.subject.masked, "way": each.way,
                                                 "reference": each.reference, "times": kept.times})
            for each, (kept, came) in zip(fresh, found, strict=True) if came != Came.KNOWN
        ]  # fmt: skip
        raised = weigh_all(home.code, sorted({kept.value for kept, came in found if came != Came.KNOWN}), now)
        record(by, told, at=now, batch=secrets.token_hex(8) if len(told) > 1 else "")
        record(None, raised, at=now)
    return found


def act(by: User, pk: int, name: str, reason: str) -> Complaint:
    """Uphold or dismiss."""
    return move(Complaint(pk=pk), name, by, reason=reason)


def read(by: User, home: Network, said: Said, now: datetime) -> Complaint:
    """An unsaved complaint of what was said. Raises Refused with what is wrong."""
    value = _number(said.number, _("被举报号码"), "number")
    complainant = _number(said.complainant, _("举报人号码"), "complainant")
    if value == complainant:
        raise Refused(_("举报人号码与被举报号码相同"), where="complainant")
    if said.kind not in Kind.values or said.way not in Way.values:
        raise Refused(_("请选择类型和来源"))
    at = said.at or now
    if at > now:
        raise Refused(_("举报时间在将来"))
    who = Subject("number", complainant, home.code, "")
    return Complaint(
        network=home.code, region=region_of("number", value, home), value=value, kind=said.kind, way=said.way,
        reference=said.reference.strip()[:60], complainant=who.digest, shown=who.masked, told=said.told.strip()[:500],
        made_at=at, last_at=at, filed_by=by, state=State.RECEIVED, moved_at=now, moved_by=by,
        due_at=due("complaint_reply", now),
    )  # fmt: skip


def _number(typed: str, what: str, where: str) -> str:
    found = numbering.parse(typed.strip())
    if found.number <= 0:
        told = _("%(what)s无法识别") % {"what": what}
        raise Refused(told, where=where, hint=_("例如 13812345678 或 +8613812345678"))
    if is_protected(found.number):
        raise Refused(_("紧急与公共服务号码不受理；疑为改号来电的，请写明真实主叫"), where=where)
    return numbering.display(found.number)
