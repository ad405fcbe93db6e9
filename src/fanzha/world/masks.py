"""Decides what a false calling number looks like: the masks of domain R1-R8, as a switch would write them."""

from __future__ import annotations

import numpy as np

from fanzha.world.province import Province

MASKS = (
    "police",
    "operator",
    "bank",
    "antifraud",
    "padded_bank",
    "padded_police",
    "fixed_86",
    "mobile_86",
    "bare_fixed",
    "unassigned",
    "too_long",
    "too_short",
    "sms_port",
    "four_hundred",
    "hotline_digits",
)
ON_TRUNK = ("police", "bank", "unassigned", "too_long", "too_short", "sms_port", "four_hundred", "bare_fixed")


def masks_of(name: str, count: int, province: Province, rng: np.random.Generator) -> list[str]:
    """`count` calling numbers of one kind of mask; some kinds have only a few to give, and repeat."""
    return [_one(name, province, rng) for _ in range(count)]


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, count))


def _one(name: str, province: Province, rng: np.random.Generator) -> str:
    city = province.cities[int(rng.integers(0, len(province.cities)))]
    far = province.far[int(rng.integers(0, len(province.far)))]
    local = 8 if len(city.area_code) == 3 else 7
    bank = str(rng.choice(["95588", "95533", "95599", "95566", "95555"]))
    if name == "police":
        return str(rng.choice(["110", f"{city.area_code}110"]))
    if name == "operator":
        return str(rng.choice(["10086", "10010", "10000", "12381"]))
    if name == "bank":
        return bank
    if name == "antifraud":
        return "96110"
    if name == "padded_bank":
        return str(rng.choice(["0086", "00", "+86", "000"])) + bank
    if name == "padded_police":
        return str(rng.choice(["00110", "0086110", "+86110", f"00{_digits(rng, 2)}110"]))
    if name == "fixed_86":
        return f"{rng.choice(['+86', '0086'])}{city.area_code[1:]}{rng.integers(2, 9)}{_digits(rng, local - 1)}"
    if name == "mobile_86":
        heads = (city if rng.random() < 0.5 else far).prefixes["cm"]
        return f"{rng.choice(['+86', '0086'])}{rng.choice(heads)}{_digits(rng, 4)}"
    if name == "bare_fixed":
        return f"{city.area_code}{rng.integers(2, 9)}{_digits(rng, local - 1)}"
    if name == "unassigned":
        return f"{rng.choice(['142', '143', '154', '161', '164', '194'])}{_digits(rng, 8)}"
    if name == "too_long":
        return f"{rng.choice(city.prefixes['cm'])}{_digits(rng, int(rng.integers(6, 11)))}"
    if name == "too_short":
        return f"{city.area_code}{_digits(rng, int(rng.integers(2, 4)))}"
    if name == "sms_port":
        return f"106{_digits(rng, int(rng.integers(7, 12)))}"
    if name == "four_hundred":
        return f"400{_digits(rng, 7)}"
    return f"{_digits(rng, 2)}{bank}{_digits(rng, 1)}"
