"""Decides how an appeal is opened by its code, filed, acknowledged and decided, each with audit and notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.appeals import proofs
from fanzha.desk.appeals.choices import State
from fanzha.desk.appeals.models import Appeal, Proof
from fanzha.desk.appeals.workflow import first_clock
from fanzha.desk.audit.actions import Act, record, record_alone
from fanzha.desk.login.limits import begin_try, strike_out
from fanzha.desk.measures.actions import finish, held, suppress, wrong
from fanzha.desk.measures.choices import Label
from fanzha.desk.measures.choices import State as MeasureState
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.actions import notice_of, write
from fanzha.desk.notices.codes import matches
from fanzha.desk.organisations.models import User
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused

_LATEST = 20  # measures of one number whose codes are tried


def number_of(typed: str) -> str:
    """The number as measures have it."""
    return numbering.display(numbering.parse(typed).number)


def open_by_code(number: str, code: str, address: str, browser: str = "") -> Measure:
    """The measure behind a number and the code of its notice. browser: one that is known by this number.

    Raises Refused, the same for a wrong either.
    """
    value = number_of(number)
    tried = begin_try("appeal", value, address, timezone.now(), browser)
    latest = Measure.objects.filter(value=value, in_force_at__isnull=False).order_by("-in_force_at")[:_LATEST]
    found: Measure | None = next((measure for measure in latest if matches(measure, code)), None)
    if found is None:
        record_alone(None, Act("appeals.wrong_code", "measure", "", data={"address": address}))
        raise Refused(_("号码或查询码不正确"), hint=_("查询码见告知短信；遗失可到营业厅凭证件查询"))
    strike_out(tried)
    return found


def file(
    measure: Measure,
    statement: str,
    files: Sequence[UploadedFile] = (),
    *,
    by: User | None = None,
    contact: str = "",
    urgent: bool = False,
) -> Appeal:
    """An appeal with its proofs. Raises Refused: nothing said, wrong files, one open already, measure not in force."""
    if not statement.strip():
        raise Refused(_("请写明申诉理由"))
    checked, now = proofs.check(files), timezone.now()
    if measure.state != MeasureState.ACTIVE:
        raise Refused(_("该处置已结束，无需申诉"))
    appeal = Appeal(
        network=measure.network, region=measure.region, measure=measure, urgent=urgent, filed_by=by, filed_at=now,
        statement=whole(statement, 2000, "statement"), contact=whole(contact, 80, "contact"), state=State.FILED,
        moved_at=now,
    )  # fmt: skip
    appeal.due_at = due(first_clock(appeal), now)
    try:
        with transaction.atomic():
            appeal.save()
            kept = [proofs.keep(*each) for each in checked]
            Proof.objects.bulk_create(
                Proof(appeal=appeal, at=now, name=k.name, kind=k.kind, size=k.size, sha256=k.sha256, stored=k.stored)
                for k in kept
            )
            told = {"measure": measure.pk, "proofs": [k.sha256[:16] for k in kept], "urgent": urgent}
            record(by, [act_of(appeal, "appeals.file", "", told)], at=now)
    except IntegrityError as error:
        raise Refused(_("已有一件申诉正在处理")) from error
    return appeal


def show_proof(by: User, appeal: Appeal, proof: Proof) -> HttpResponse:
    """A proof as a download; who took it is recorded. Raises Http404 where its file is gone."""
    path = proofs.folder() / proof.stored
    if not path.is_file():
        raise Http404
    record_alone(by, act_of(appeal, "appeals.proof", "", {"sha256": proof.sha256[:16]}))
    told = content_disposition_header(True, proof.name) or "attachment"
    return HttpResponse(path.read_bytes(), proofs.mime(proof.kind), headers={"Content-Disposition": told})


def acknowledge(by: User, pk: int) -> Appeal:
    """Taken up; the subscriber is told by when the answer comes."""
    with transaction.atomic():
        appeal = move(Appeal(pk=pk), "acknowledge", by)
        appeal.acknowledged_at = appeal.moved_at
        appeal.save(update_fields=["acknowledged_at"])
        write([notice_of(appeal.measure, "received", appeal.moved_at, until=appeal.due_at)])
    return appeal


def uphold(by: User, pk: int, answer: str) -> Appeal:
    """The measure was wrong: lifted at once, told with an apology, suppressed, labelled, counted (law art. 32)."""
    return _pass(by, pk, "uphold", answer)


def restore(by: User, pk: int, answer: str) -> Appeal:
    """The subscriber has verified: lifted at once, without the measure having been wrong."""
    return _pass(by, pk, "restore", answer)


def refuse(by: User, pk: int, answer: str) -> Appeal:
    """The measure stays; the subscriber is told why, and where to go next."""
    with transaction.atomic():
        appeal = _decided(move(Appeal(pk=pk), "refuse", by, reason=answer), answer)
        write([notice_of(appeal.measure, "upheld_not", appeal.moved_at, why=answer)])
    return appeal


def _pass(by: User, pk: int, name: str, answer: str) -> Appeal:
    with transaction.atomic():
        (measure,) = held(Measure.objects.filter(appeals=pk))
        appeal = _decided(move(Appeal(pk=pk), name, by, reason=answer), answer)
        if measure.state != MeasureState.ACTIVE:
            _label_ended(measure, name, appeal.moved_at)
        elif name == "uphold":
            wrong([measure], "appeal", by, appeal.moved_at, answer, Label.WRONG)
        else:
            finish([measure], "appeal", by, appeal.moved_at, "lifted", reason=answer)
        appeal.measure = measure
    return appeal


def _label_ended(measure: Measure, name: str, at: datetime) -> None:
    """It ended by itself meanwhile; that it was wrong counts all the same."""
    if name == "uphold":
        measure.label = Label.WRONG
        measure.save(update_fields=["label"])
        suppress([measure], at)


def _decided(appeal: Appeal, answer: str) -> Appeal:
    appeal.decided_at, appeal.answer = appeal.moved_at, whole(answer, 500, "answer")
    appeal.acknowledged_at = appeal.acknowledged_at or appeal.moved_at
    appeal.save(update_fields=["decided_at", "answer", "acknowledged_at"])
    return appeal
