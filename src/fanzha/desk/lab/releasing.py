"""Decides what a network's release says, and puts it where watch and scan read it; one that cannot run is refused."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.lab.choices import Origin, State
from fanzha.desk.lab.models import Head, Version
from fanzha.desk.lab.sayings import said
from fanzha.detection import release
from fanzha.detection.pack import Pack, load_pack, whole
from fanzha.detection.release import Release, path_of, read_release, staged, write_release
from fanzha.errors import FanzhaError, Refused, VocabularyError

_log = logging.getLogger(__name__)
_NOWHERE = ""  # a network that has no release: what the files alone say


def folder() -> Path:
    """Where the operator's rules lie."""
    return Path(settings.HOME) / "rules"


def files() -> Pack:
    """The rules of the files, whatever is released; read again when a file changed. Raises VocabularyError."""
    place = folder()
    marks = tuple((path.name, path.stat().st_mtime_ns) for path in sorted(place.glob("*.yaml")))
    return _files(place, marks)


@lru_cache(maxsize=2)
def _files(place: Path, _marks: tuple[tuple[str, int], ...]) -> Pack:
    return load_pack([place], _NOWHERE)


def composed(rows: Iterable[Version], network: str, number: int) -> Release:
    """The release of these versions. What a file says and runs live needs no line."""
    told = [
        release.Version(
            row.rule,
            row.version,
            row.stage,
            row.permille,
            row.text if row.stage.runs else "",
            row.tripped_why,
            row.moved_at.isoformat(timespec="seconds"),
        )
        for row in rows
        if not (row.origin == Origin.FILES and row.state == State.LIVE)
    ]
    return Release(number, network, timezone.now().isoformat(timespec="seconds"), told)


def check(rows: Sequence[Version], network: str) -> None:
    """Raises Refused where these versions cannot run together."""
    try:
        pack = files()
        wanted = composed(rows, network, 0)
        whole(staged(pack.rules, wanted, pack.words, path_of(folder(), network)), pack.words)
    except VocabularyError as error:
        why = said(error.message)
        raise Refused(_("这样发布的规则无法运行：%(why)s") % {"why": why}, hint=said(error.hint)) from error


def renew(network: str) -> None:
    """Within the caller's transaction: check what was changed, number it, and write it once it is sure."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a release is renewed in the transaction that changes it")
    check(list(Version.objects.filter(network=network)), network)
    Head.objects.get_or_create(network=network)
    Head.objects.filter(network=network).update(number=F("number") + 1)
    transaction.on_commit(lambda: put(network))


def put(network: str) -> bool:
    """Write the release where the file is not the newest; whether it was written. Never raises: a timer tries again."""
    head = Head.objects.filter(network=network).first()
    if head is None:
        return False
    path = path_of(folder(), network)
    try:
        if head.number == _number(path):
            return False
        write_release(path, composed(Version.objects.filter(network=network), network, head.number))
    except FanzhaError:
        _log.exception("the release of %s could not be written", network)
        return False
    return True


def _number(path: Path) -> int:
    try:
        found = read_release(path)
    except VocabularyError:
        return -1
    return found.number if found else -1


def repair(_now: object) -> int:
    """For a timer: write every release that is not on disk; how many were."""
    return sum(put(network) for network in Head.objects.values_list("network", flat=True))
