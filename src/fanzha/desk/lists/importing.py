"""Decides how an Excel becomes list items: tried first, faults row by row, then approved as a whole by another."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

import msgspec
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.bulk import insert_columns, keys
from fanzha.desk.excel.keeping import beside, keep, keep_beside, kept
from fanzha.desk.lists import sheet
from fanzha.desk.lists.actions import place, proposed
from fanzha.desk.lists.choices import State
from fanzha.desk.lists.enforce import put
from fanzha.desk.lists.judging import Draft, Fault, judge
from fanzha.desk.lists.models import Import, Item, shown
from fanzha.desk.lists.terms import terms
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.actions import act_of, enter, move
from fanzha.errors import Refused

_JUDGED = (
    "kind", "value", "trunk", "person", "paper", "reason", "why", "document", "authority", "kept", "exemption",
    "starts", "expires",
)  # fmt: skip
_Row = tuple[str, str, str, str, str, str, str, str, str, str, str, datetime, datetime]  # a draft's _JUDGED
_SHOWN = ("kind", "value", "person", "paper")
_FIELDS = ("state", "moved_at", "moved_by", "due_at", "overdue", "approved_by")
_READ = (
    "network", "region", "list", *_SHOWN, "trunk", "exemption", "reason", "document", "starts", "expires", "brought",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What a file holds: rows = good + faulty. faulty: (row number, what is wrong)."""

    rows: int
    good: list[Draft]
    faulty: list[tuple[int, list[Fault]]]


def attempt(by: User, network: str, which: str, file: UploadedFile) -> Import:
    """The dry run: nothing but the file and its counts is kept. Raises PermissionDenied, Refused."""
    home, now = place(by, network), timezone.now()
    if (file.size or 0) > terms().import_bytes:
        raise Refused(_("文件过大"), where=file.name or "")
    made = Import(
        network=network, region=home.region, list=which, name=Path(file.name or "").name[:120], stored=keep(file),
        proposed_by=by, made_at=now, state=Import.workflow.initial, moved_at=now, moved_by=by,
    )  # fmt: skip
    try:
        found = judged(made, now)
    except Refused:
        path_of(made).unlink(missing_ok=True)
        raise
    made.rows, made.good, made.faulty = found.rows, len(found.good), len(found.faulty)
    keep_beside(made.stored, _packed(found))
    with transaction.atomic():
        made.save()
        told = {"list": which, "rows": made.rows, "good": made.good, "faulty": made.faulty}
        record(by, [act_of(made, "imports.try", "", told)], at=now)
    return made


def judged(made: Import, now: datetime) -> Judged:
    """Read and judge the kept file; what stands on the list already, or twice in the file, is a fault."""
    lines = sheet.read(made.list, path_of(made))
    answers = judge(made.list, [line for _row, line, _faults in lines], now)
    good, faulty, seen = [], [], _standing(made)
    for (row, _line, cells), (item, faults) in zip(lines, answers, strict=True):
        key = _key(item) if item else None
        if key in seen:
            faults = [Fault("value", _("名单中或文件中已有该对象"))]
        if cells or faults or item is None:
            faulty.append((row, [*cells, *faults]))
        else:
            assert key is not None
            seen.add(key)
            good.append(item)
    return Judged(len(lines), good, faulty)


def submit(by: User, pk: int) -> Import:
    """Put the good rows up for approval: those of the dry run that may still stand now."""
    with transaction.atomic():
        made = move(Import(pk=pk), "submit", by)
        home, now = place(by, made.network), made.moved_at
        standing = _standing(made)
        good = [row for row in _good(made) if row[:3] not in standing and row[-1] > now]
        made.good, made.faulty = len(good), made.rows - len(good)
        made.save(update_fields=["good", "faulty"])
        # the import's own clock runs
        same = {**proposed(home, by, now), "list": made.list, "brought_id": pk, "due_at": None}
        columns: dict[str, Sequence[Any]] = dict(zip(_JUDGED, zip(*good, strict=True), strict=True)) if good else {}
        columns["id"] = keys(Item, len(good))
        insert_columns(Item, columns, same)
        told = [shown(*row) for row in zip(*(columns[name] for name in _SHOWN), strict=True)] if good else []
        acts = [
            Act("lists.propose", "item", str(key), same["network"], same["region"], data={"shown": each})
            for key, each in zip(columns["id"], told, strict=True)
        ]
        record(by, acts, at=now, batch=f"import-{pk}")
    return made


def approve(by: User, pk: int) -> Import:
    """All of it, each row its own line in the audit trail."""
    return _decide(by, pk, "approve", "")


def reject(by: User, pk: int, reason: str) -> Import:
    """None of it."""
    return _decide(by, pk, "reject", reason)


def path_of(made: Import) -> Path:
    """Where the file is kept."""
    return kept(made.stored)


def _decide(by: User, pk: int, name: str, reason: str) -> Import:
    with transaction.atomic():
        waiting = Item.objects.filter(brought=pk, state=State.PROPOSED)
        # before the trail, as whoever decides one of them does
        rows = list(waiting.only(*_READ).select_for_update(of=("self",), no_key=True).order_by("pk"))
        made = move(Import(pk=pk), name, by, reason=reason)
        if rows:  # all alike, which is far quicker than a move of each
            enter(rows[0], Item.workflow.by_name[name], made.moved_at, by)
            rows[0].approved_by = by if name == "approve" else None
            waiting.update(**{field: getattr(rows[0], field) for field in _FIELDS})
        acts = [act_of(item, f"lists.{name}", reason, {"shown": item.shown}) for item in rows]
        record(by, acts, at=made.moved_at, batch=f"import-{pk}")
        if name == "approve":
            put(rows, made.moved_at, by)
    return made


def _packed(found: Judged) -> bytes:
    """What was judged: the length of the packed faults, they, and the good drafts as rows of _JUDGED."""
    of, faulty = attrgetter(*_JUDGED), msgspec.msgpack.encode(found.faulty)
    return len(faulty).to_bytes(8) + faulty + msgspec.msgpack.encode([of(draft) for draft in found.good])


def _good(made: Import) -> list[_Row]:
    with _opened(made) as file:
        file.seek(int.from_bytes(file.read(8)), os.SEEK_CUR)
        return msgspec.msgpack.decode(file.read(), type=list[_Row])


@contextmanager
def _opened(made: Import) -> Iterator[IO[bytes]]:
    try:
        with beside(made.stored).open("rb") as file:
            yield file
    except (OSError, msgspec.MsgspecError) as error:
        raise Refused(_("试运行的结果已不在，请重新导入文件"), where=made.name) from error


def _key(draft: Draft) -> tuple[str, str, str]:
    return draft.kind, draft.value, draft.trunk


def _standing(made: Import) -> set[tuple[str, str, str]]:
    held = Item.objects.filter(
        network=made.network, list=made.list, state__in=(State.PROPOSED, State.ACTIVE, State.CONTESTED)
    )
    return set(held.values_list("kind", "value", "trunk"))


def faults_of(made: Import) -> Sequence[tuple[int, list[Fault]]]:
    """The faulty rows, as the dry run found them."""
    with _opened(made) as file:
        return msgspec.msgpack.decode(file.read(int.from_bytes(file.read(8))), type=list[tuple[int, list[Fault]]])
