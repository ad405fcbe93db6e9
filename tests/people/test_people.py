from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from fanzha.detection.pack import load_pack
from fanzha.detection.strength import holds, strength
from fanzha.numbering.codes import Kind
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind

Person = dict[str, Any]
ALL: dict[str, list[Person]] = yaml.safe_load((Path(__file__).parent / "people.yaml").read_text(encoding="utf-8"))
PACK = load_pack()
BANDS = {"none": 0.0, **{band.id: band.start for band in PACK.words.bands.bands}}
ABOVE = {"none": "watch", "watch": "verify", "verify": "limit"}


def profile(person: Person, share: float) -> NDArray[np.float64]:
    """The person's vector when this share of the day's calls was made; the days before are whole."""
    vector = np.full(FIELD_COUNT, np.nan)
    known = {"number_kind": float(Kind[person["kind"]]), "call_out": 1.0, "call_answered": 1.0, "level": 0.0}
    for name, count in person["day"].items():
        today = float(round(count * share))
        known[f"{name}_24h"] = today
        if name in person["week"]:
            known[f"{name}_7d"] = person["week"][name] - count + today
        known[f"{name}_1h"] = float(round(count * min(share, 0.25)))
    known["active_days_30d"] = 1.0 if person["week"]["out"] == person["day"]["out"] else 5.0
    known |= {name: float(value) for name, value in person["also"].items()}
    known |= {"out_total": known["out_7d"], "in_total": known["in_7d"]}
    for name, value in known.items():
        vector[BY_NAME[name].index] = value
    return vector


def score(vector: NDArray[np.float64]) -> tuple[float, list[str]]:
    """The highest score of any scheme, and the rules that hold."""
    own = [at for at, rule in enumerate(PACK.rules) if rule.entity == EntityKind.NUMBER and not rule.emits]
    own = [at for at in own if not PACK.rules[at].cli]
    fired = [PACK.rules[at].id for at in own if holds(PACK.program, at, vector)]
    best = 0.0
    for scheme in PACK.schemes:
        best = max(best, strength(PACK.program, [at for at in own if PACK.rules[at].scheme == scheme], vector))
    return best, fired


@pytest.mark.parametrize("person", ALL["people"], ids=lambda person: person["who"])
def test_people_are_spared(person: Person) -> None:
    """Design section 4, A13 of the acceptance list: label or verify at most, never limited, never stopped."""
    for share in (0.15, 0.25, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0):
        found, fired = score(profile(person, share))
        assert found < BANDS[ABOVE[person["reaches"]]], (share, found, fired)
        assert found < BANDS["stop"]


@pytest.mark.parametrize("person", ALL["culprits"], ids=lambda person: person["who"])
def test_culprits_are_found(person: Person) -> None:
    found, fired = score(profile(person, 1.0))
    assert found >= BANDS[person["reaches"]], (found, fired)


@pytest.mark.parametrize("person", ALL["people"], ids=lambda person: person["who"])
def test_missing_tables_make_nobody_more_suspect(person: Person) -> None:
    """Without subscribers, cells and regions a scheme knows less, and says so; it never accuses for that."""
    vector = profile(person, 1.0)
    before, _ = score(vector)
    for name in ("age_days", "place_top_share", "places_24h", "gears_24h", "call_away", "silent_days", "gear_days"):
        vector[BY_NAME[name].index] = np.nan
    assert score(vector)[0] <= before


def test_every_fixture_of_the_design_is_here() -> None:
    told = " ".join(person["who"] for person in ALL["people"])
    for word in (
        "lawyer",
        "teacher",
        "restaurant",
        "intern",
        "courier",
        "estate agent",
        "clinic",
        "hiker",
        "low-spend",
        "hotline",
        "two hundred",
        "recycled",
        "grid worker",
        "new number",
        "party",
    ):
        assert word in told
