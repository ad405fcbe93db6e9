"""Decides the honest heavy and unusual callers: hires residents and companies into the roles of roles.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from fanzha.compiled import njit
from fanzha.records.contract import Ingress
from fanzha.world.calls import DAY_MS
from fanzha.world.cast import Cast, blank_diallers, take_habit
from fanzha.world.habits import Role, draw
from fanzha.world.numbers import Block, NumberBook, fixed_numbers, text_of
from fanzha.world.private import Reach, acquaintance
from fanzha.world.province import Province


@dataclass
class Town:
    """What hiring needs to know of the province, and what it changes there."""

    province: Province
    people: np.ndarray
    friends: np.ndarray
    humans: int
    subscribers: int
    reach: Reach
    book: NumberBook
    mobile: np.ndarray  # int64[people]: the number as an integer
    free: np.ndarray  # bool[people]: has no role yet
    activated: np.ndarray  # int64[people], ms
    silent_until: np.ndarray  # int8[people], day of the world
    first_midnight: int
    days_off: np.ndarray  # bool[days]
    in_use: np.ndarray  # int64, sorted: every mobile number of the world
    role_of: dict[int, str] = field(default_factory=dict)  # by position in the number table
    companies: list[tuple[str, str, str, bool]] = field(default_factory=list)  # trunk, owner, permitted, licensed
    extra_trunk: int = 0

    @property
    def days(self) -> int:
        return len(self.days_off)

    def next_trunk(self, owner: str, permitted: str, *, licensed: bool = True) -> int:
        """Number of a new enterprise trunk."""
        self.extra_trunk += 1
        name = f"ENT-{self.extra_trunk:05d}"
        self.companies.append((name, owner, permitted, licensed))
        return self.book.trunk(name)

    def pick_adults(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """`count` residents of working age without a role; marks them taken."""
        age = self.people["age"][: self.humans]
        ready = np.flatnonzero(self.free[: self.humans] & (age > 0) & (age < 4))
        chosen: np.ndarray = np.sort(rng.choice(ready, min(count, len(ready)), replace=False))
        self.free[chosen] = False
        return chosen

    def pick_guests(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """`count` guests from other provinces, of those that no gang will use."""
        ready = self.subscribers + np.arange(max(1, self.subscribers // 50))
        ready = ready[self.free[ready]]
        chosen: np.ndarray = np.sort(rng.choice(ready, min(count, len(ready)), replace=False))
        self.free[chosen] = False
        return chosen


def hire_all(roles: dict[str, Role], town: Town, services: Block, cast: Cast, rng: np.random.Generator) -> None:
    """Fill every role, each with at least one holder, and give the service numbers' own staff their calls."""
    for position in services.ids():
        _found_staff(int(position), roles["hotline"], town, cast, rng)
    hire(roles, town, cast, rng)


def hire(roles: dict[str, Role], town: Town, cast: Cast, rng: np.random.Generator) -> None:
    """Fill these roles, each with at least one holder."""
    for name, role in roles.items():
        count = max(1, round(role.per_10k * town.humans / 10_000))
        if role.line in ("mobile", "guest"):
            pick = town.pick_adults if role.line == "mobile" else town.pick_guests
            _hire(name, role, pick(count, rng), town, cast, rng)
        elif role.line == "abroad":
            _send_abroad(name, role, count, town, cast, rng)
        else:
            for _ in range(count):
                _found_company(name, role, town, cast, rng)


def _hire(name: str, role: Role, who: np.ndarray, town: Town, cast: Cast, rng: np.random.Generator) -> None:
    for one in who:
        town.role_of[int(one)] = name
    people = town.people
    people["rate"][who] *= draw(rng, role.own_life, len(who))
    people["rate_in"][who] *= draw(rng, role.own_life, len(who))
    if role.place == "roam":
        people["roam"][who] = 4
        people["work"][who] = people["home"][who]
    elif role.place == "fixed":
        people["third"][who] = people["home"][who] = people["work"][who]
    elif role.place == "away":
        people["travels"][who] = 0.7
    _issue_cards(role, who, town, rng)
    diallers = blank_diallers(len(who))
    diallers["cli"], diallers["city"] = who, people["city"][who]
    _give_lists(role, diallers, who, take_habit(diallers, role.habit, rng), town, cast, rng)
    cast.add(diallers, _workdays(role, who, town, rng))


def _issue_cards(role: Role, who: np.ndarray, town: Town, rng: np.random.Generator) -> None:
    silent = np.round(draw(rng, role.silent_days, len(who))).clip(0, town.days - 1).astype(np.int8)
    if role.silent_days[1] > 0:
        silent = np.maximum(silent, 1 if town.days > 1 else 0)
    town.silent_until[who] = silent
    if role.card == "any":
        return
    age = rng.uniform(0.05, 4.0, len(who)) * DAY_MS
    if role.card == "recycled":
        silent = rng.integers(0, max(1, town.days - 1), len(who), dtype=np.int8)
        town.silent_until[who] = silent
        age = rng.uniform(0.1, 0.9, len(who)) * DAY_MS
    born = town.first_midnight + silent.astype(np.int64) * DAY_MS + 9 * 3_600_000 - age
    town.activated[who] = born


def _workdays(role: Role, who: np.ndarray, town: Town, rng: np.random.Generator) -> np.ndarray:
    """bool[n, days] on which the holders work."""
    n, days = len(who), town.days
    silent = town.silent_until[who][:, None]
    calendar = np.arange(days)[None, :]
    if role.one_day:
        day = rng.integers(0, days, n)
        chosen: np.ndarray = calendar == np.maximum(day, silent[:, 0])[:, None]
        return chosen
    share = draw(rng, role.workdays, n)[:, None]
    works: np.ndarray = (rng.random((n, days)) < share) & (calendar >= silent)
    if role.begins[1] > 0:
        works &= calendar >= np.round(draw(rng, role.begins, n))[:, None]
    if role.weekdays:
        works &= ~town.days_off[None, :]
    return works


def _give_lists(
    role: Role,
    diallers: np.ndarray,
    who: np.ndarray,
    sizes: np.ndarray,
    town: Town,
    cast: Cast,
    rng: np.random.Generator,
) -> None:
    """Whom each knows or serves; all lists of a role laid end to end."""
    if role.habit.list_from == "contacts":
        ids, sizes = _contacts(who, sizes, town)
    else:
        ids = _strangers(role, np.repeat(diallers["city"], sizes), np.repeat(who, sizes), town, rng)
    at = cast.add_list(ids)
    diallers["list_lo"] = at + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    diallers["list_n"] = sizes
    if role.habit.list_from == "one":
        diallers["fresh"] = 0


def _strangers(role: Role, city: np.ndarray, who: np.ndarray, town: Town, rng: np.random.Generator) -> np.ndarray:
    """int32[n]: one number for each entry of a list, from where the role finds its people."""
    reach, n, source = town.reach, len(city), role.habit.list_from
    own = reach.own_lo[city] + (rng.random(n) * reach.own_n[city]).astype(np.int64)
    other = reach.other_lo[city] + (rng.random(n) * reach.other_n[city]).astype(np.int64)
    if source in ("province", "nation"):
        own = rng.integers(0, town.humans, n)
        other = rng.integers(int(reach.other_lo[0]), int(reach.other_lo[-1] + reach.other_n[-1]), n)
    if source == "nation":
        far = rng.integers(reach.far_lo, reach.far_lo + reach.far_n, n)
        other = np.where(rng.random(n) < 0.7, far, other)
    if source == "neighbours":
        own = np.clip(who % town.humans + rng.integers(-400, 400, n), 0, town.humans - 1)
    if source == "one":
        return np.asarray(other, np.int32)
    return np.asarray(np.where(rng.random(n) < 0.45, own, other), np.int32)


@njit(cache=True, nogil=True)
def _gather(who, sizes, people, friends, reach, out):  # type: ignore[no-untyped-def]
    n = 0
    for w in range(len(who)):
        i = who[w]
        me = people[i]
        known = min(int(me.friends), int(sizes[w]))
        for slot in range(int(sizes[w])):
            if slot < known:
                out[n] = friends[i, slot]
            else:
                out[n] = acquaintance(i, slot - known, me.city, False, reach)
            n += 1


def _contacts(who: np.ndarray, sizes: np.ndarray, town: Town) -> tuple[np.ndarray, np.ndarray]:
    """Everyone a person knows, friends first, up to the size asked; who asks for more knows more."""
    town.people["acquaintances"][who] = np.maximum(town.people["acquaintances"][who], sizes)
    out = np.empty(int(sizes.sum()), np.int32)
    _gather(who, sizes, town.people, town.friends, town.reach, out)
    return out, sizes


def _send_abroad(name: str, role: Role, count: int, town: Town, cast: Cast, rng: np.random.Generator) -> None:
    """Subscribers roaming abroad: their calls home come in over the international trunk as +86 mobiles."""
    who = town.pick_adults(count, rng)
    raw = [f"+86{number}" for number in town.mobile[who]]
    gates = np.array([town.book.trunk(f"INT-{gate:02d}") for gate in (1, 2, 3)])
    block = town.book.add(pa.array(raw), Ingress.INTERNATIONAL, rng.choice(gates, len(raw)))
    diallers = blank_diallers(len(who))
    diallers["cli"], diallers["city"] = block.ids(), town.people["city"][who]
    for one, position in zip(who, block.ids(), strict=True):
        town.role_of[int(one)] = town.role_of[int(position)] = name
    town.people["rate"][who] = 0
    town.people["rate_in"][who] *= 0.3
    town.people["answers"][who] = 0.1
    _give_lists(role, diallers, who, take_habit(diallers, role.habit, rng), town, cast, rng)
    cast.add(diallers, _workdays(role, who, town, rng))


def _found_company(name: str, role: Role, town: Town, cast: Cast, rng: np.random.Generator) -> None:
    """A company with one number shown, many lines behind it, and a trunk that permits the number."""
    lines = max(1, round(float(draw(rng, role.lines, 1)[0])))
    city = int(rng.choice(len(town.province.cities), p=town.province.shares()))
    raw, permitted = _company_number(role, city, town, rng)
    trunk = town.next_trunk(f"{town.province.cities[city].zh}{role.zh}{town.extra_trunk + 1}号", permitted)
    block = town.book.add(raw, Ingress.TRUNK, trunk)
    town.role_of[block.lo] = name
    diallers = blank_diallers(lines)
    diallers["cli"], diallers["city"] = block.lo, city
    sizes = take_habit(diallers, role.habit, rng)
    who = np.full(lines, rng.integers(0, town.humans))
    _give_lists(role, diallers, who, sizes, town, cast, rng)
    works = _workdays(role, np.zeros(lines, np.int64), town, rng)
    cast.add(diallers, works)


def _found_staff(position: int, role: Role, town: Town, cast: Cast, rng: np.random.Generator) -> None:
    """A bank's or the operator's own number calling its customers over its own trunk: honest, and often copied."""
    town.role_of[position] = "service_line"
    diallers = blank_diallers(2)
    diallers["cli"], diallers["city"] = position, int(rng.choice(len(town.province.cities), p=town.province.shares()))
    sizes = take_habit(diallers, role.habit, rng)
    diallers["incoming"] = 0
    diallers["calls"] *= 3
    _give_lists(role, diallers, np.zeros(2, np.int64), sizes, town, cast, rng)
    cast.add(diallers, _workdays(role, np.zeros(2, np.int64), town, rng))


def _company_number(role: Role, city: int, town: Town, rng: np.random.Generator) -> tuple[pa.Array, str]:
    """The number shown, and what the trunk's contract permits."""
    if role.line == "trunk_95":
        raw = text_of(np.array([95100 + 17 * town.extra_trunk % 200]))
        return raw, raw[0].as_py()
    if role.line == "trunk_400":
        raw = text_of(np.array([4006000000 + int(rng.integers(0, 999_999))]))
        return raw, raw[0].as_py()
    raw = fixed_numbers(town.province.cities[city].area_code, 1, rng)
    text = raw[0].as_py()
    return raw, f"{text[:-2]}00-{text[:-2]}99"
