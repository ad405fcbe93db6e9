"""Decides what the editor says at once of a threshold: about how many it would hit last week, and how fields spread.

The jobs role draws the sample each night, in a process of its own; the pages only read what is there.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec
from django.conf import settings

from fanzha.desk.lab.known import known_of
from fanzha.desk.lab.releasing import files
from fanzha.desk.lab.sayings import said
from fanzha.desk.organisations.models import Network
from fanzha.detection.backtest.draft import threshold_of
from fanzha.detection.backtest.sample import Answer, Made, Sample, place_of, read_sample
from fanzha.detection.backtest.spread import Spread
from fanzha.detection.condition import Leaf, fields_of, leaves, text_of
from fanzha.detection.rule import Rule
from fanzha.errors import FanzhaError, UsageError
from fanzha.profiles.fields import EntityKind

EVERY_S = 20 * 3600  # a new sample each night
_DEMO_S = 1800  # the demonstration's history grows by the minute
_AGAIN_S = 300  # where a draw gave nothing: there were no calls yet
_TOLD = (0.5, 0.9, 0.99)
_children: dict[str, subprocess.Popen[bytes]] = {}  # network -> who draws its sample


@dataclass(frozen=True)
class Knob:
    """A condition whose threshold a slider moves. text: as the rule writes it; spreads: of the fields it reads."""

    text: str
    value: float
    least: float
    most: float
    step: float
    spreads: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Estimate:
    """About how many entities a text would hit in the sample's week; `problem` where that cannot be told."""

    answer: Answer | None = None
    knobs: list[Knob] = field(default_factory=list)
    problem: str = ""

    @property
    def missed(self) -> str:
        """The share of hits that the kept moments miss, in words; empty where it is none."""
        return f"{100 * self.answer.missed:.1f} %" if self.answer and self.answer.missed else ""


def estimated(rule: Rule, network: str) -> Estimate:
    """Ask the sample, about a second; never raises for a rule that cannot be asked."""
    if rule.entity != EntityKind.NUMBER:  # nightly samples are of numbers alone
        return Estimate(knobs=_knobs(rule, {}), problem="kind")
    place = place_of(Path(settings.HOME), network, rule.entity)
    try:
        sample = _sample(place, (place / "made.json").stat().st_mtime_ns)
    except (OSError, FanzhaError):
        return Estimate(knobs=_knobs(rule, {}), problem="sample")
    spreads = {each.name: each for each in sample.made.fields}
    try:
        known = known_of(Path(settings.HOME), network, rule.entity)
        return Estimate(sample.ask(rule, known=known), _knobs(rule, spreads))
    except FanzhaError as error:
        return Estimate(knobs=_knobs(rule, spreads), problem=said(error.message))


@lru_cache(maxsize=4)
def _sample(place: Path, _changed: int) -> Sample:
    return read_sample(place, files())


def spreads(network: str, kind: EntityKind) -> dict[str, str]:
    """How each field was spread over the sample's week, by the field's name; nothing where there is no sample."""
    made = place_of(Path(settings.HOME), network, kind) / "made.json"
    try:
        return _spreads(made, made.stat().st_mtime_ns)
    except (OSError, msgspec.DecodeError):
        return {}


@lru_cache(maxsize=8)
def _spreads(made: Path, _changed: int) -> dict[str, str]:
    told = msgspec.json.decode(made.read_bytes(), type=Made)
    return {each.name: _shares(each) for each in told.fields if each.quantiles}


def _knobs(rule: Rule, spreads: dict[str, Spread]) -> list[Knob]:
    found = list(leaves(rule.condition)) if rule.condition is not None else []
    return [knob for leaf in found if (knob := _knob(leaf, spreads)) is not None]


def _knob(leaf: Leaf, spreads: dict[str, Spread]) -> Knob | None:
    try:
        value = threshold_of(leaf)
    except UsageError:
        return None
    whole = value == int(value) and abs(value) > 1
    most = max(10.0, 3 * value) if whole else max(1.0, 2 * value)
    names = dict.fromkeys(ref.name for ref in fields_of(leaf))
    told = [_spread(spreads[name]) for name in names if name in spreads]
    return Knob(text_of(leaf), value, 0.0, most, 1.0 if whole else 0.01, told)


def _spread(spread: Spread) -> str:
    """contacts_1h: 50 % <= 1, 90 % <= 4, 99 % <= 12."""
    return f"{spread.name}: {_shares(spread)}"


def _shares(spread: Spread) -> str:
    known = {each.share: each.value for each in spread.quantiles}
    return ", ".join(f"{share:.0%} ≤ {known[share]:g}" for share in _TOLD if share in known)


def turn(now: datetime) -> int:
    """For a timer: have a new sample drawn where there is none or the last is old; how many were begun."""
    for network, child in list(_children.items()):
        if child.poll() is not None:
            del _children[network]
    if _children:
        return 0
    home = Path(settings.HOME)
    for code in Network.objects.order_by("code").values_list("code", flat=True):
        sample = place_of(home, code, EntityKind.NUMBER)
        tried = sample.with_suffix(".tried")
        every = _AGAIN_S if not (sample / "made.json").exists() else _DEMO_S if settings.DEMO else EVERY_S
        if (home / "lake").is_dir() and (not tried.exists() or now.timestamp() - tried.stat().st_mtime > every):
            tried.parent.mkdir(parents=True, exist_ok=True)
            tried.touch()
            _children[code] = subprocess.Popen(
                [sys.executable, "-m", "fanzha.cli.main", "desk", "draw_sample", code],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            return 1
    return 0


def stop() -> None:
    """End what this process started."""
    for network, child in list(_children.items()):
        child.terminate()
        child.wait(timeout=10)
        del _children[network]
