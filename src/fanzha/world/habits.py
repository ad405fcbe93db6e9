"""Decides how people use the telephone in this world: the strict shape of roles.yaml and schemes.yaml.

Every pair is a range [low, high]; each person or gang draws its own value from it, uniformly in the logarithm
(uniformly where low is 0), so that no two callers of one kind have one habit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
import yaml

from fanzha.errors import VocabularyError

Range = tuple[float, float]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
ListFrom = Literal["local", "province", "nation", "contacts", "neighbours", "one", "own"]
Place = Literal["normal", "roam", "fixed", "away"]
Card = Literal["any", "new", "recycled", "dormant", "resold"]


class Habit(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How one caller dials on a day it works; seconds, hours of the local day, shares of calls."""

    calls_per_day: Range
    hours: Range  # opens, closes
    sessions: Range  # blocks of calls made one after another
    gap_s: Range  # median pause between two calls of a session
    answered: Range
    talk_s: Range  # median
    ring_s: Range  # median
    list_size: Range  # numbers the caller works through or knows
    list_from: ListFrom
    walk: bool = False  # goes through the list in order, else favours its head
    fresh: Range = (0, 0)  # share of calls to a number never met before
    repeat: Range = (0, 0)  # share of calls to a number already called that day
    redial: Range = (0, 0)  # an unanswered number is tried again at once
    call_back: Range = (0, 0)  # a missed callee calls back
    picks_up: Range = (0.7, 0.95)  # the caller answers who calls
    incoming_per_day: Range = (0, 0)


class Role(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One kind of honest heavy or unusual caller."""

    zh: str
    en: str
    per_10k: Annotated[float, msgspec.Meta(ge=0)]
    source: str
    habit: Habit
    line: Literal["mobile", "guest", "fixed", "trunk_95", "trunk_400", "abroad"] = "mobile"
    lines: Range = (1, 1)  # lines calling at once behind one number
    workdays: Range = (0.9, 1.0)  # share of days with any of this
    one_day: bool = False  # only on one day of the world
    weekdays: bool = False  # rests on Saturday and Sunday
    place: Place = "normal"
    own_life: Range = (0.6, 1.2)  # private calls, times those of an ordinary person
    card: Card = "any"
    silent_days: Range = (0, 0)  # nothing at all for so many days first
    begins: Range = (0, 0)  # the day of the world on which a holder first works, where there is drift


class Scheme(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One kind of fraud as a gang carries it out."""

    zh: str
    en: str
    source: str
    weight: Annotated[float, msgspec.Meta(ge=0)]
    numbers: Range  # callers of one gang
    origins: dict[Literal["own", "visitor", "other", "far", "foreign", "spoofed"], float]
    calls_per_hour: Range
    start_hour: Range
    work_hours: Range
    sessions: Range
    answered: Range
    talk_s: Range
    ring_s: Range
    list_from: Literal["local", "province", "nation"]
    list_size: Range  # numbers on the gang's list for each caller and day
    convinced: Range  # share of answered calls whose callee believes it
    source_of_list: Literal["random", "leaked", "sequential"] = "random"
    devices: Literal["each", "one", "few", "rotated"] = "each"
    cells: Range = (1, 2)
    card: Card = "any"
    walk: bool = True
    hand_over: Range = (0, 0)  # share of answered calls passed to the next number of the gang
    redial: Range = (0, 0)
    call_back: Range = (0.01, 0.06)
    picks_up: Range = (0, 0.1)
    bait: bool = False  # rings once and hangs up; lives on who calls back
    bridge: bool = False  # a second telephone beside each, in a long call
    days: Range = (2, 7)  # how many days the gang works
    begins: Range = (0, 0)  # the day of the world on which it first works, where there is drift


class Evasion(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a gang does so as not to be seen; level 0 does nothing."""

    zh: str
    en: str
    source: str
    weight: Annotated[float, msgspec.Meta(ge=0)]
    slow: Range = (1, 1)  # calls an hour, divided by
    rotate: Range = (1, 1)  # times as many numbers and devices, each used for a part of the days
    cover: Range = (0, 0)  # share of calls to friends of the gang, long and answered
    incoming_per_day: Range = (0, 0)
    picks_up: Range = (0, 0)
    warm_up_days: Range = (0, 0)
    local_hours: bool = False


class Roles(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    as_of: str
    roles: dict[str, Role]


class Schemes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    as_of: str
    schemes: dict[str, Scheme]
    evasion: dict[int, Evasion]


T = TypeVar("T")


def load_strict(path: Path, shape: type[T]) -> T:
    """Read a YAML of this room; an unknown key, a missing one or a value out of shape is a `VocabularyError`."""
    try:
        return msgspec.convert(_plain(yaml.safe_load(path.read_text(encoding="utf-8"))), shape, strict=True)
    except (msgspec.ValidationError, yaml.YAMLError, OSError) as error:
        raise VocabularyError(str(error), where=str(path), hint="mend the key it names; see docs/world.md") from None


def _plain(value: Any) -> Any:
    """Dates to text and number keys kept: YAML gives `date` objects where a text is meant."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def draw(rng: np.random.Generator, bounds: Range, size: int) -> np.ndarray:
    """`size` values between the bounds: uniform in the logarithm, or plainly where low is 0."""
    low, high = bounds
    if high <= low:
        return np.full(size, float(low))
    if low <= 0:
        return rng.uniform(low, high, size)
    return np.exp(rng.uniform(np.log(low), np.log(high), size))
