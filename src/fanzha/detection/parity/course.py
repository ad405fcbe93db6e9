"""Decides what to do again: the stretches between a watcher's starts, as they were or with one circumstance taken away.

What differs between two courses that differ in one circumstance is that circumstance's doing, and nothing else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fanzha.detection.journal import Batch, Session


class Leg(NamedTuple):
    """What a watcher did from one start to the next."""

    session: Session
    batches: tuple[Batch, ...]

    @property
    def last_pack(self) -> str:
        """The pack that judged at its end."""
        return self.batches[-1].pack if self.batches else self.session.pack


def legs(sessions: dict[int, Session], batches: Sequence[Batch]) -> list[Leg]:
    """The journal as legs, oldest first."""
    by_session: dict[int, list[Batch]] = {n: [] for n in sessions}
    for batch in batches:
        by_session.setdefault(batch.session, []).append(batch)
    return [Leg(session, tuple(by_session[n])) for n, session in sessions.items()]


def hash_of(pack: str) -> str:
    """The hash of the rules in a pack's name; what follows it tells files apart that judge alike."""
    return pack.partition("-")[0]


def packs_of(course: Sequence[Leg]) -> list[str]:
    """The names of all packs, in the order in which they first judged."""
    names = [name for leg in course for name in (leg.session.pack, *(batch.pack for batch in leg.batches))]
    return list(dict.fromkeys(names))


def without_restarts(course: Sequence[Leg]) -> list[Leg]:
    """One leg as long as the rules stay: other rules at a start mean profiles that are built anew."""
    found: list[Leg] = []
    for leg in course:
        if found and hash_of(leg.session.pack) == hash_of(found[-1].last_pack):
            found[-1] = found[-1]._replace(batches=found[-1].batches + leg.batches)
        else:
            found.append(leg._replace(session=leg.session._replace(position=0)))
    return found


def under(course: Sequence[Leg], pack: str) -> list[Leg]:
    """One leg, judged by one pack all along."""
    batches = tuple(batch._replace(pack=pack) for leg in course for batch in leg.batches)
    return [Leg(course[0].session._replace(position=0, pack=pack), batches)]


def knowing(course: Sequence[Leg], known: int) -> list[Leg]:
    """The same with all reference tables up to an import known from the beginning."""
    return [
        Leg(leg.session._replace(known=known), tuple(batch._replace(known=known) for batch in leg.batches))
        for leg in course
    ]


def advised_by(course: Sequence[Leg], model: int) -> list[Leg]:
    """The same with one model asked all along, 0 none."""
    return [leg._replace(batches=tuple(batch._replace(model=model) for batch in leg.batches)) for leg in course]


def begun_at(course: Sequence[Leg], moment: int) -> list[Leg]:
    """The same with the records' beginning known from the beginning."""
    return [leg._replace(session=leg.session._replace(begun=moment)) for leg in course]
