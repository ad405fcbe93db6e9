"""Decides how a tracing report is prepared, reviewed, returned and taken away, each recorded."""

from __future__ import annotations

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record, record_alone
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds, seats_of
from fanzha.desk.tracing.choices import State
from fanzha.desk.tracing.finding import Finding, find
from fanzha.desk.tracing.models import Report
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused

RIGHT = "records.view"


def prepare(by: User, subject: Subject, case: str = "") -> Report:
    """A report on a number, with its serial. Raises PermissionDenied, Refused, FanzhaError where no call knows it."""
    if not holds(by, RIGHT, subject):
        raise PermissionDenied(RIGHT)
    if subject.kind != "number":
        raise Refused(_("溯源报告针对号码"))
    content, now = msgspec.to_builtins(find(by, subject)), timezone.now()
    seat = next(seat for seat in seats_of(by) if RIGHT in seat.rights and subject.network in seat.networks)
    with transaction.atomic():
        report = Report.objects.create(
            network=subject.network, region=subject.region, value=subject.value, office=seat.organisation_name,
            case=whole(case, 80, "case"), content=content, prepared_by=by, prepared_at=now, state=State.PREPARED,
            moved_at=now, moved_by=by, due_at=due("approval", now),
        )  # fmt: skip
        report.serial = f"SY{subject.region.ljust(6, '0')}-{timezone.localtime(now):%Y}-{report.pk:06d}"
        report.save(update_fields=["serial"])
        told = {"serial": report.serial, "shown": subject.masked, "case": report.case}
        record(by, [act_of(report, "tracing.prepare", "", told)], at=now)
    return report


def review(by: User, pk: int) -> Report:
    """Signed by a second person."""
    with transaction.atomic():
        report = move(Report(pk=pk), "review", by)
        report.reviewed_by, report.reviewed_at = by, report.moved_at
        report.save(update_fields=["reviewed_by", "reviewed_at"])
    return report


def send_back(by: User, pk: int, reason: str) -> Report:
    """Not signed; the reason is in the trail."""
    return move(Report(pk=pk), "return", by, reason=reason)


def taken(by: User, report: Report, form: str) -> None:
    """Record that a file of it was taken away."""
    record_alone(by, act_of(report, "tracing.take", "", {"serial": report.serial, "form": form}))


def finding_of(report: Report) -> Finding:
    """What it found."""
    return msgspec.convert(report.content, Finding)
