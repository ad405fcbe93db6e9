"""Decides how outcomes are given out, and how a model version is taken in, asked for, released and taken back."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record, record_alone
from fanzha.desk.learning.choices import State
from fanzha.desk.learning.models import ModelVersion
from fanzha.desk.learning.outcomes import outcomes_of
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import holds
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, enter, move
from fanzha.detection.learning.shelf import Lineage, Shelf
from fanzha.detection.outcomes import Outcome, path_of, put_in_place, write_line
from fanzha.errors import ModelError, Refused

EXPORT = "outcomes.export"
_log = logging.getLogger(__name__)


def take_away(by: User, network: str, why: str) -> bytes:
    """The outcomes as a file, numbers in full, for training elsewhere; recorded. Raises PermissionDenied, Refused."""
    home = Network.objects.filter(code=network).first()
    if home is None or not holds(by, EXPORT, Place(home)):
        raise PermissionDenied(EXPORT)
    if not why.strip():
        raise Refused(_("请填写理由"))
    rows = outcomes_of(network)
    record_alone(by, _act(home, "learning.export", rows, whole(why, 500, "reason")))
    return b"".join(map(write_line, rows))


def write_outcomes(_now: datetime) -> int:
    """For a timer: lay each network's outcomes where learning looks for them, when they changed; the files written."""
    return sum(write_network(home) for home in Network.objects.order_by("code"))


def write_network(home: Network) -> bool:
    """One network's file; whether it had changed."""
    rows, path = outcomes_of(home.code), path_of(settings.HOME, home.code)
    data = b"".join(map(write_line, rows))
    if path.is_file() and path.read_bytes() == data or not (rows or path.is_file()):
        return False
    put_in_place(path, data)
    record_alone(None, _act(home, "learning.outcomes", rows, ""))
    return True


def take_versions(now: datetime) -> int:
    """For a timer: take in versions that were made, and what the command line released; how many were new."""
    return sum(_take(home, now) for home in Network.objects.order_by("code"))


def ask(by: User, pk: int, why: str) -> ModelVersion:
    """Ask that it may speak."""
    with transaction.atomic():
        version = move(ModelVersion(pk=pk), "ask", by, reason=why)
        version.asked_by, version.why, version.approved_by = by, whole(why, 500, "reason"), None
        version.save(update_fields=["asked_by", "why", "approved_by"])
    return version


def decline(by: User, pk: int, why: str) -> ModelVersion:
    """It stays silent."""
    return move(ModelVersion(pk=pk), "decline", by, reason=why)


def approve(by: User, pk: int) -> ModelVersion:
    """The second pair of eyes: the one that spoke falls silent, this one speaks from the next alert on."""
    with transaction.atomic():
        asked: ModelVersion = ModelVersion.objects.select_related("asked_by").get(pk=pk)
        _hold(asked.network)
        _silence(asked.network, timezone.now())
        version = move(asked, "approve", by)
        version.approved_by = by
        version.save(update_fields=["approved_by"])
        asker = asked.asked_by.name if asked.asked_by else ""
        names = {"by": f"{asker} #{asked.asked_by_id}", "approved_by": f"{by.name} #{by.pk}"}
        version.shelf.release(version.number, **names, why=asked.why, at=version.moved_at.isoformat())
    return version


def back(by: User, pk: int, why: str) -> ModelVersion:
    """One act: it falls silent, and the version before speaks again, or none."""
    with transaction.atomic():
        _hold(ModelVersion.objects.values_list("network", flat=True).get(pk=pk))
        version = move(ModelVersion(pk=pk), "back", by, reason=why)
        shelf = version.shelf
        if shelf.current() != version.number:
            raise Refused(_("状态已变化，请刷新后再试"), where=str(version))
        name = f"{by.name} #{by.pk}"
        act = shelf.back(by=name, why=why, at=version.moved_at.isoformat())
        _follow(version.network, act.number, version.moved_at)
    return version


def _take(home: Network, now: datetime) -> int:
    shelf = Shelf(settings.HOME, home.code)
    known = set(ModelVersion.objects.filter(network=home.code).values_list("number", flat=True))
    fresh = [found for number in shelf.numbers() if number not in known and (found := _lineage(shelf, number))]
    with transaction.atomic():
        _hold(home.code)
        for found in fresh:
            made = ModelVersion.objects.create(
                network=home.code, region=home.region, number=found.number, fingerprint=found.model,
                made_at=datetime.fromisoformat(found.made_at), body=msgspec.to_builtins(found),
                state=State.PROPOSED, moved_at=now,
            )  # fmt: skip
            told = {"version": found.number, "advice": found.contest.advice, "made_by": found.made_by}
            record(None, [act_of(made, "learning.made", "", told)], at=now)
        _follow(home.code, shelf.current(), now)
    return len(fresh)


def _lineage(shelf: Shelf, number: int) -> Lineage | None:
    try:
        return shelf.lineage(number)
    except ModelError as error:
        _log.warning("a model version is left out: %s", error)
        return None


def _hold(network: str) -> None:
    """Lock a network's versions, before the trail, as whoever moves one of them does; acts here move several."""
    rows = ModelVersion.objects.filter(network=network).select_for_update(of=("self",), no_key=True)
    list(rows.order_by("pk").values_list("pk"))


def _follow(network: str, number: int, now: datetime) -> None:
    """The desk's states as the file says who speaks: it alone decides."""
    _silence(network, now, but=number)
    row = (
        ModelVersion.objects.select_for_update(of=("self",), no_key=True).filter(network=network, number=number).first()
    )
    if row is not None and row.state != State.RELEASED:
        _system(row, "resume", now)


def _silence(network: str, now: datetime, but: int = 0) -> None:
    speaking = ModelVersion.objects.select_for_update(of=("self",), no_key=True).filter(
        network=network, state=State.RELEASED
    )
    for row in speaking.exclude(number=but):
        _system(row, "retire", now)


def _system(row: ModelVersion, name: str, now: datetime) -> None:
    was = row.state
    enter(row, ModelVersion.workflow.by_name[name], now, None)
    row.save()
    record(None, [act_of(row, f"learning.{name}", "", {"from": was, "to": row.state})], at=now)


def _act(home: Network, action: str, rows: Sequence[Outcome], why: str) -> Act:
    told = {"rows": len(rows), "fraud": sum(row.fraud for row in rows), **Counter(row.source for row in rows)}
    return Act(action, "network", home.code, home.code, home.region, why, told)


class Place:
    """Where a right is asked for before there is a row."""

    def __init__(self, home: Network) -> None:
        self.network, self.region = home.code, home.region
