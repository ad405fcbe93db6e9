"""Decides what parity says: how many stories agree; of each that does not, how it differs, why, and on what proof."""

from __future__ import annotations

from typing import Any

import msgspec


class Cause(msgspec.Struct, frozen=True):
    """Why a story differs.

    name: late, version, model, restart, references, forgotten, memory; or program, unrecorded, deleted. proven: two
    replays that differ in this alone tell the story differently. The last three cannot be done again and
    rest on what was written down; so do rules and models that were not kept.
    """

    name: str
    proven: bool
    evidence: dict[str, Any]


class Brief(msgspec.Struct, frozen=True):
    """One alert in short."""

    id: str
    score: float
    first_seen: str
    last_seen: str
    measure: str


class Difference(msgspec.Struct, frozen=True):
    """One story told otherwise live than in hindsight; without causes it is unexplained."""

    kind: str
    value: str
    scheme: str
    what: str  # altered (the outbox is not what the watcher wrote), only_live, only_replay, cut_otherwise, differs
    fields: list[str]
    live: list[Brief]
    replay: list[Brief]
    causes: list[Cause]


class Parity(msgspec.Struct, frozen=True):
    """What came of it. stories = same + differing, over the alerts seen since `since`."""

    network: str
    since: str
    until: str
    calls: int  # judged live, of all days: a profile rests on its whole history
    unjudged: int  # in the lake, and the watcher has yet to judge them
    deleted: int  # judged live, and no longer in the lake
    late: int  # calls that arrived after one that began later
    starts: int
    packs: int
    stories: int
    same: int
    differing: int
    unproven: int  # explained only by what was written down: the course cannot be done again
    unexplained: int
    differences: list[Difference]
