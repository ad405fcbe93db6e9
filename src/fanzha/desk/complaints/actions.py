"""Decides how a complaint gets in (form, API): once, whoever sends it again; and how it is found true or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.alerts.intake import region_of
from fanzha.desk.audit.actions import record
from fanzha.desk.complaints.choices import Kind, State, Way
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.terms import terms
from fanzha.desk.complaints.weighing import weigh
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.workflow.actions import act_of, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused
from fanzha.policy import is_protected


@dataclass(frozen=True)
class Said:
    """What someone says. complainant: their own number; reference: the sender's number of it, "" for none."""

    number: str
    complainant: str
    kind: str = Kind.FRAUD
    way: str = Way.OPERATOR
    reference: str = ""
    told: str = ""


def take(by: User, network: str, said: Said, *, at: datetime | None = None) -> tuple[Complaint, bool]:
    """The complaint, and whether it is new; the same again is counted on the first one, the same reference not at all.

    Raises PermissionDenied, Refused with what is wrong.
    """
    if network not in networks_of(by):
        raise PermissionDenied("complaints.file")
    fresh = _read(by, Network.objects.get(code=network), said, at or timezone.now())
    with transaction.atomic():
        Network.objects.select_for_update().get(code=network)  # two at the same instant are one complaint
        again = _sent_before(fresh)
        if again is not None:
            return again, False
        known = _said_before(fresh)
        if known is None:
            fresh.save()
        else:
            known.times, known.last_at = known.times + 1, fresh.last_at
            known.save(update_fields=["times", "last_at"])
        kept = known or fresh
        told = {"shown": kept.subject.masked, "way": fresh.way, "reference": fresh.reference, "times": kept.times}
        record(by, [act_of(kept, "complaints.file", "", told)], at=fresh.last_at)
        weigh(kept.network, kept.value, kept.region, fresh.last_at)
    return kept, known is None


def act(by: User, pk: int, name: str, reason: str) -> Complaint:
    """Uphold or dismiss."""
    return move(Complaint(pk=pk), name, by, reason=reason)


def networks_of(by: User) -> list[str]:
    """The networks that someone may file complaints for."""
    return sorted({code for seat in seats_of(by) if "complaints.file" in seat.rights for code in seat.networks})


def _read(by: User, home: Network, said: Said, now: datetime) -> Complaint:
    value, complainant = _number(said.number, _("被举报号码")), _number(said.complainant, _("举报人号码"))
    if value == complainant:
        raise Refused(_("举报人号码与被举报号码相同"))
    if said.kind not in Kind.values or said.way not in Way.values:
        raise Refused(_("请选择类型和来源"))
    who = Subject("number", complainant, home.code, "")
    return Complaint(
        network=home.code, region=region_of("number", value, home), value=value, kind=said.kind, way=said.way,
        reference=said.reference.strip()[:60], complainant=who.digest, shown=who.masked, told=said.told.strip()[:500],
        made_at=now, last_at=now, filed_by=by, state=State.RECEIVED, moved_at=now, moved_by=by,
        due_at=due("complaint_reply", now),
    )  # fmt: skip


def _number(typed: str, what: str) -> str:
    found = numbering.parse(typed.strip())
    if found.number <= 0:
        raise Refused(_("%(what)s无法识别") % {"what": what}, hint=_("例如 13812345678 或 +8613812345678"))
    if is_protected(found.number):
        raise Refused(_("紧急与公共服务号码不受理；疑为改号来电的，请写明真实主叫"), where=what)
    return numbering.display(found.number)


def _sent_before(fresh: Complaint) -> Complaint | None:
    if not fresh.reference:
        return None
    return Complaint.objects.filter(network=fresh.network, way=fresh.way, reference=fresh.reference).first()


def _said_before(fresh: Complaint) -> Complaint | None:
    same = Complaint.objects.filter(network=fresh.network, value=fresh.value, complainant=fresh.complainant)
    since = fresh.last_at - timedelta(days=terms().same_days)
    return same.filter(made_at__gt=since).exclude(state=State.DISMISSED).order_by("-made_at").first()
