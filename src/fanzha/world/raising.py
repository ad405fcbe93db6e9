"""Decides how a gang comes to life: its numbers first, then the rows it dials, then its diallers and days."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fanzha.records.contract import Ingress
from fanzha.world.calls import HOUR_MS, Part
from fanzha.world.cast import blank_diallers
from fanzha.world.gangs import Gang
from fanzha.world.habits import draw
from fanzha.world.hideout import equip, issue_cards, settle_in
from fanzha.world.honest import Town
from fanzha.world.leads import befriend, hand_out_lists, warm_up
from fanzha.world.masks import MASKS, ON_TRUNK, masks_of
from fanzha.world.numbers import Block, foreign_numbers, text_of
from fanzha.world.underworld import Underworld


def enlist(gang: Gang, world: Underworld) -> None:
    """First pass: give the gang its numbers, so that every number is known before any list is drawn up."""
    rng, town = world.rng, world.town
    if gang.scheme.card == "resold" and gang.has_card:
        gang.numbers = town.pick_adults(gang.size, rng).astype(np.int32)
    elif gang.origin == "foreign":
        trunk = town.book.trunk(f"INT-{rng.integers(1, 4):02d}")
        raw = foreign_numbers(town.province, gang.size, rng, bait=True)
        gang.numbers = town.book.add(raw, Ingress.INTERNATIONAL, trunk).ids()
    elif gang.origin == "spoofed":
        gang.numbers = _spoof(gang, town, rng).ids()
    else:
        gang.numbers = world.take(gang.origin, gang.size)
        if gang.scheme.bridge:
            gang.partners = world.take(gang.origin, gang.size)


def _spoof(gang: Gang, town: Town, rng: np.random.Generator) -> Block:
    """One to three kinds of mask, shown over an international trunk or one rented from a company."""
    rented = rng.random() < 0.3
    kinds = rng.choice(ON_TRUNK if rented else MASKS, int(rng.integers(1, 4)), replace=False)
    count = gang.size * int(rng.integers(1, 5))
    raw = [text for kind in kinds for text in masks_of(str(kind), max(1, count // len(kinds)), town.province, rng)]
    names = sorted({text for text in raw if not _in_use(text, town)}) or ["110"]
    if rented:
        city = town.province.cities[gang.city]
        permitted = f"{city.area_code}8{rng.integers(10**4, 10**5)}00"
        owner = f"{city.zh}信息技术有限公司{gang.index + 1}"
        trunk = town.next_trunk(owner, permitted, licensed=bool(rng.random() < 0.5))
        return town.book.add(pa.array(names), Ingress.TRUNK, trunk)
    return town.book.add(pa.array(names), Ingress.INTERNATIONAL, town.book.trunk(f"INT-{rng.integers(1, 4):02d}"))


def _in_use(text: str, town: Town) -> bool:
    """Whether a mask is, by chance, a number that somebody honest holds."""
    tail = int(text[-11:])
    at = int(np.searchsorted(town.in_use, tail))
    return at < len(town.in_use) and int(town.in_use[at]) == tail


def find_vacancies(gangs: list[Gang], world: Underworld, numbers: np.ndarray) -> tuple[int, int]:
    """Second pass: for gangs that dial in a row, find the row; returns the positions of vacant numbers, low and high.

    `numbers` is int64[positions]: every mobile number in use by position, or 0.
    """
    rows: dict[int, np.ndarray] = {}
    order = np.argsort(numbers, kind="stable")
    known = numbers[order]
    vacant: list[np.ndarray] = []
    for gang in gangs:
        if gang.scheme.source_of_list != "sequential":
            continue
        length = int(draw(world.rng, gang.scheme.list_size, 1)[0]) * gang.size * 3
        own = np.flatnonzero(world.town.people["city"][: world.town.humans] == gang.city)
        start = int(numbers[int(world.rng.choice(own))]) - int(world.rng.integers(0, 200))
        row = start + np.arange(length, dtype=np.int64)
        at = np.minimum(np.searchsorted(known, row), len(known) - 1)
        used = known[at] == row
        rows[gang.index] = np.where(used, order[at], -row)
        vacant.append(row[~used])
    gone = np.unique(np.concatenate(vacant)) if vacant else np.zeros(0, np.int64)
    block = world.town.book.add(text_of(gone), Ingress.LOCAL)
    for index, ids in rows.items():
        free = ids < 0
        ids[free] = block.lo + np.searchsorted(gone, -ids[free])
        world.blocks[index] = ids
    return block.lo, block.hi


def raise_gang(gang: Gang, world: Underworld) -> None:
    """Third pass: telephones, cells, cards, lists and days; enters the gang's diallers into the cast."""
    rng, town = world.rng, world.town
    callers = gang.numbers if gang.origin != "spoofed" else np.full(gang.size, gang.numbers[0], np.int32)
    diallers = blank_diallers(len(callers))
    diallers["cli"], diallers["city"], diallers["gang"] = callers, gang.city, gang.index
    diallers["part"] = int(Part.DIAL)
    if gang.origin == "spoofed":
        diallers["cli_n"] = len(gang.numbers)
        diallers["clir"] = rng.random() < 0.08
    _set_pace(gang, diallers, rng)
    works = _working_days(gang, len(callers), town.days, rng)
    if gang.has_card:
        equip(gang, diallers, world)
        issue_cards(gang, world)
        settle_in(gang, works, world)
    hand_out_lists(gang, diallers, works, world)
    befriend(gang, diallers, world)
    world.cast.add(diallers, works)
    warm_up(gang, diallers, works, world)


def _set_pace(gang: Gang, diallers: np.ndarray, rng: np.random.Generator) -> None:
    n, scheme = len(diallers), gang.scheme
    seen = 1.0 if gang.has_card else 0.5  # of an outsider's calls only those into this network are seen
    rate = gang.rate * rng.lognormal(0, 0.25, n)
    busy = gang.ring_s * 1.2 + gang.answered * gang.talk_s * 1.4
    diallers["calls"] = rate * gang.work_hours * seen
    diallers["gap"] = np.maximum(1.2, 3600 / rate / seen - busy) * 1000 * 0.8
    diallers["open"] = (gang.start_hour + rng.normal(0, 0.1, n)).clip(0, 22) * HOUR_MS
    diallers["close"] = (gang.start_hour + gang.work_hours + rng.normal(0.3, 0.1, n)).clip(2, 24) * HOUR_MS
    diallers["sessions"] = max(1, round(float(draw(rng, scheme.sessions, 1)[0])))
    diallers["answered"] = (gang.answered * rng.lognormal(0, 0.1, n)).clip(0, 0.95)
    diallers["talk"] = gang.talk_s * rng.lognormal(0, 0.15, n) * 1000
    diallers["talk_sigma"] = rng.uniform(0.4, 1.1)
    diallers["ring"] = gang.ring_s * 1000
    diallers["convinced"] = gang.convinced
    diallers["hand_over"] = draw(rng, scheme.hand_over, 1)[0]
    diallers["redial"] = draw(rng, scheme.redial, n)
    diallers["call_back"] = draw(rng, scheme.call_back, 1)[0]
    diallers["picks_up"] = np.maximum(draw(rng, scheme.picks_up, n), draw(rng, gang.evasion.picks_up, n))
    diallers["bait"], diallers["walk"] = scheme.bait, scheme.walk
    diallers["own_only"] = not gang.has_card


def _working_days(gang: Gang, count: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """bool[n, days]; a number that is rotated works only a part of the gang's days."""
    works = np.zeros((count, days), bool)
    length = gang.last_day - gang.first_day
    share = 1 / float(draw(rng, gang.evasion.rotate, 1)[0])
    life = max(1, round(length * share))
    begin = gang.first_day + rng.integers(0, length - life + 1, count)
    calendar = np.arange(days)[None, :]
    works[:] = (calendar >= begin[:, None]) & (calendar < (begin + life)[:, None])
    rest = rng.random((count, days)) < 0.06
    rest &= works.sum(axis=1)[:, None] > 2
    result: np.ndarray = works & ~rest
    return result
