"""Decides what rules are tried against: what the desk decided, and in the demonstration what its province planted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from fanzha.detection.alert import SHOWN_AS
from fanzha.detection.outcomes import Known, Outcomes, of_world, path_of, read_outcomes
from fanzha.profiles.fields import EntityKind


def outcomes_of(home: Path, network: str) -> Outcomes:
    """Every outcome of a network. Raises InputError for a file that is not what the desk writes."""
    rows = list(read_outcomes(path_of(home, network))) if path_of(home, network).is_file() else []
    planted = home / "province"
    if settings.DEMO and (planted / "truth").is_dir():
        rows += list(of_world(planted))
    return Outcomes(rows)


def known_of(home: Path, network: str, kind: EntityKind) -> Known | None:
    """What stands of one kind of entity, read again when an outcome came; None where nobody has said anything."""
    path = path_of(home, network)
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _read(home, network, SHOWN_AS.get(kind, kind), changed)


@lru_cache(maxsize=4)
def _read(home: Path, network: str, kind: EntityKind, _changed: int) -> Known | None:
    found = outcomes_of(home, network).of(kind)
    return found if len(found.keys) else None
