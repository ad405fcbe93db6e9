"""Decides which tripped rules every page tells of: read off the release on disk, so no page asks the database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fanzha.desk.lab.choices import Trip
from fanzha.desk.lab.querysets import RIGHT
from fanzha.desk.lab.releasing import folder
from fanzha.desk.rights.seats import Anyone, networks_of
from fanzha.detection.release import Version, path_of, read_release
from fanzha.errors import VocabularyError


@dataclass(frozen=True)
class Alarm:
    """A rule that fell to shadow by itself and waits for a person."""

    network: str
    rule: str
    version: int
    why: str


def alarms(user: Anyone) -> list[Alarm]:
    """Those of one's networks."""
    return [
        Alarm(network, each.rule, each.version, str(Trip(each.tripped).label))
        for network in networks_of(user, RIGHT)
        for each in _tripped(path_of(folder(), network))
    ]


def _tripped(path: Path) -> tuple[Version, ...]:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, VocabularyError):
        return ()


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> tuple[Version, ...]:
    release = read_release(path)
    return tuple(each for each in release.versions if each.tripped) if release else ()
