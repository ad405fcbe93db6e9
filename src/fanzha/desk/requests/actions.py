"""Decides how a police request is filed, checked, approved and answered: each audited, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.bulk import insert_columns, keys
from fanzha.desk.excel.keeping import beside, keep, keep_beside, kept
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.requests.choices import Kind, State, Urgency
from fanzha.desk.requests.execution import carry_out_some
from fanzha.desk.requests.judging import Asked, Judged, judge, read, region_for
from fanzha.desk.requests.models import Line, Request
from fanzha.desk.requests.terms import terms
from fanzha.desk.rights.seats import holds, networks_of
from fanzha.desk.workflow.actions import act_of, move
from fanzha.errors import Refused


@dataclass(frozen=True)
class Paper:
    """The document that a request rests on. rung: of a shutdown; "" for the usual one."""

    document: str
    issuer: str
    authority: str
    kind: str = Kind.SHUTDOWN
    urgency: str = Urgency.USUAL
    rung: str = ""
    case: str = ""
    secret: bool = False
    note: str = ""


def file_one(by: User, network: str, paper: Paper, number: str) -> Request:
    """A request about a single number, filed at once. Raises PermissionDenied, Refused."""
    home, paper = _checked(by, network, paper)
    judged = judge(home, [(1, number)])
    if judged.faulty:
        raise Refused(judged.faulty[0][1], where="number", hint=_("例如 13812345678 或 +8613812345678"))
    made = _made(by, home, paper, judged)
    with transaction.atomic():
        made.save()
        record(by, [act_of(made, "requests.try", "", _told(made))], at=made.made_at)
        return _filed(by, made, judged)


def attempt(by: User, network: str, paper: Paper, file: UploadedFile) -> Request:
    """The dry run of an Excel: only the file and its counts are kept. Raises PermissionDenied, Refused."""
    home, paper = _checked(by, network, paper)
    if (file.size or 0) > terms().import_bytes:
        raise Refused(_("文件过大"), where="file")
    stored = keep(file)
    try:
        judged = judge(home, read(kept(stored)))
    except Refused:
        kept(stored).unlink(missing_ok=True)
        raise
    keep_beside(stored, msgspec.msgpack.encode(judged.faulty))
    made = _made(by, home, paper, judged)
    made.name, made.stored = Path(file.name or "").name[:120], stored
    made.checksum = hashlib.sha256(kept(stored).read_bytes()).hexdigest()
    with transaction.atomic():
        made.save()
        record(by, [act_of(made, "requests.try", "", _told(made))], at=made.made_at)
    return made


def file(by: User, pk: int) -> Request:
    """Send a tried Excel in: its good rows become the request's numbers."""
    made = Request.objects.get(pk=pk)
    judged = judged_again(made)
    if not judged.good:
        raise Refused(_("文件中没有可执行的号码"))
    with transaction.atomic():
        return _filed(by, made, judged)


def judged_again(made: Request) -> Judged:
    """The numbers of the kept file, once more. Raises Refused where the file is not what was tried."""
    path = kept(made.stored)
    if not made.stored or not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != made.checksum:
        raise Refused(_("文件已变化或已不在，请重新上传"))
    return judge(Network.objects.get(code=made.network), read(path))


def faults_of(made: Request) -> list[tuple[int, str]]:
    """The faulty rows (row, what is wrong) as the dry run found them, which is far quicker than reading them again."""
    try:
        return msgspec.msgpack.decode(beside(made.stored).read_bytes(), type=list[tuple[int, str]])
    except (OSError, msgspec.MsgspecError):
        return judged_again(made).faulty


def accept(by: User, pk: int) -> Request:
    """The document was checked; the clock runs on."""
    with transaction.atomic():
        made = _kept_clock(pk, "accept", by)
        made.accepted_by = by
        made.save(update_fields=["accepted_by"])
    return made


def approve(by: User, pk: int) -> Request:
    """The second pair of eyes. The first numbers are carried out at once, the others by the timer."""
    with transaction.atomic():
        made = _kept_clock(pk, "approve", by)
        away = _out_of_reach(by, made)
        if away:
            told = _("%(n)s 个号码不在您的辖区，须由上级单位批准") % {"n": away}
            raise Refused(told, where=made.document)
        made.approved_by = by
        made.save(update_fields=["approved_by"])
        carry_out_some(made, made.moved_at, terms().at_once)
    return made


def answer(by: User, pk: int) -> Request:
    """The receipt is signed: the clock stops."""
    return move(Request(pk=pk), "answer", by)


def refuse(by: User, pk: int, reason: str) -> Request:
    """Back to who filed it."""
    return move(Request(pk=pk), "refuse", by, reason=reason)


def withdraw(by: User, pk: int, reason: str) -> Request:
    """Taken back by who filed it."""
    return move(Request(pk=pk), "withdraw", by, reason=reason)


def _checked(by: User, network: str, paper: Paper) -> tuple[Network, Paper]:
    if network not in networks_of(by, "requests.file"):
        raise PermissionDenied("requests.file")
    for value, words in ((paper.document, _("文书编号")), (paper.issuer, _("发文机关"))):
        if not value.strip():
            raise Refused(_("请填写%(what)s") % {"what": words})
    if paper.kind not in Kind.values or paper.urgency not in Urgency.values:
        raise Refused(_("请选择请求种类和时限"))
    if paper.authority not in terms().authorities:
        raise Refused(_("请选择机关层级"))
    if paper.kind == Kind.SHUTDOWN and (paper.rung or terms().rungs[0]) not in terms().rungs:
        raise Refused(_("该措施不能依公安文书请求"), where=paper.rung)
    rung = (paper.rung or terms().rungs[0]) if paper.kind == Kind.SHUTDOWN else ""
    return Network.objects.get(code=network), replace(paper, rung=rung)


def _made(by: User, home: Network, paper: Paper, judged: Judged) -> Request:
    now = timezone.now()
    return Request(
        network=home.code, region=region_for(home, judged.good), assigned_user=by, kind=paper.kind,
        urgency=paper.urgency, rung=paper.rung, document=paper.document.strip()[:80], case=paper.case.strip()[:80],
        issuer=paper.issuer.strip()[:80], authority=paper.authority, secret=paper.secret, note=paper.note.strip()[:300],
        rows=judged.rows, good=len(judged.good), faulty=len(judged.faulty), proposed_by=by, made_at=now,
        state=State.TRIED, moved_at=now, moved_by=by,
    )  # fmt: skip


def _filed(by: User, tried: Request, judged: Judged) -> Request:
    made = move(tried, "file", by, data=_told(tried))
    made.filed_at = made.moved_at
    made.save(update_fields=["filed_at"])
    columns = dict(zip(Asked._fields, zip(*judged.good, strict=True), strict=True))
    insert_columns(Line, {"id": keys(Line, len(judged.good)), **columns}, {"request_id": made.pk})
    return made


def _kept_clock(pk: int, name: str, by: User) -> Request:
    """Move without starting the clock anew: the police wait since they filed."""
    before: Request = Request.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    made = move(before, name, by)
    made.due_at, made.overdue = before.due_at, before.overdue
    made.save(update_fields=["due_at", "overdue"])
    return made


def _out_of_reach(by: User, made: Request) -> int:
    places = made.lines.filter(home="").values_list("region", flat=True).order_by().distinct()
    away = [place for place in places if not holds(by, "measures.approve", Subject("number", "", made.network, place))]
    return made.lines.filter(home="", region__in=away).count() if made.kind == Kind.SHUTDOWN else 0


def _told(made: Request) -> dict[str, object]:
    return {
        "kind": made.kind, "rung": made.rung, "document": made.document, "rows": made.rows, "good": made.good,
        "faulty": made.faulty, "sha256": made.checksum,
    }  # fmt: skip


def turn(now: datetime) -> int:
    """For a timer: carry out some more of every approved request, each in its own transaction; how many numbers."""
    total = 0
    for pk in Request.objects.filter(state=State.EXECUTING).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            made = Request.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
            total += carry_out_some(made, now, terms().a_turn)
    return total
