"""Decides where a number is at home (归属地): the GB/T 2260 city of its block or area code, for rules and rights."""

from __future__ import annotations

import os
import re
import zlib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha import vocabulary as words
from fanzha.compiled import njit
from fanzha.numbering import plan

FIRST_BLOCK, BLOCKS = 1_300_000, 700_000
POWERS = 10 ** np.arange(19, dtype=np.int64)
_blocks: dict[str, NDArray[np.int32]] = {}


def region_of(numbers: NDArray[np.int64]) -> NDArray[np.int32]:
    """City of each key, six digits of GB/T 2260; 0 where unknown. The province is `region // 10000 * 10000`.

    An area code shared by several cities gives the first of them. A ported number keeps its home; a number whose block
    is newer than libphonenumber's table has none. Hong Kong, Macao and Taiwan are known by country code.
    """
    found = np.zeros(len(numbers), np.int32)
    _regions(keys(numbers), mobile_blocks(), plan.current().area_city, POWERS, found)
    return found


def keys(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys as a read-only view: one type, so that kernels are compiled once, wherever the keys come from."""
    view = np.ascontiguousarray(numbers, np.int64).view()
    view.flags.writeable = False
    return view


@njit(cache=True, nogil=True)
def _regions(numbers: Any, blocks: Any, area_city: Any, powers: Any, found: Any) -> None:
    for row in range(numbers.size):
        key = numbers[row]
        if key <= 0:
            continue
        size = 1
        while size < powers.size and powers[size] <= key:
            size += 1
        if size < 5:
            continue
        if key // powers[size - 2] != 86:
            three = key // powers[size - 3]
            if three == 852:
                found[row] = 810000
            elif three == 853:
                found[row] = 820000
            elif three == 886:
                found[row] = 710000
            continue
        rest = key % powers[size - 2]
        n = size - 2
        if n == 11 and rest >= 13 * powers[9] and rest < 20 * powers[9]:
            found[row] = blocks[rest // powers[4] - 1_300_000]
            continue
        if n > 11:
            continue
        if rest < powers[n - 1]:  # the 0 after 86: an SMS port, or a short code behind 0951-0955
            n -= 1
            if n > 9:
                continue
        two, three = rest // powers[n - 2], rest // powers[n - 3]
        if two == 10:
            third = three % 10
            if n == 10 or third == 9 or (third == 1 and (n == 5 or n == 7)):
                found[row] = area_city[10]
        elif 20 <= two <= 29:
            found[row] = area_city[two]
        elif n >= 10 or (two != 95 and two != 96) or key // powers[size - 3] == 860:
            found[row] = area_city[three]


def mobile_blocks() -> NDArray[np.int32]:
    """City of each mobile block: index is the first seven digits less 1300000. Made once, then kept on disk."""
    regions = words.locate("regions")
    source = f"{regions}@{regions.stat().st_mtime_ns}"
    if source not in _blocks:
        name = f"mobile_blocks-{version('phonenumbers')}-{zlib.crc32(regions.read_bytes()):08x}.npy"
        _blocks[source] = _kept(Path(os.environ.get("FANZHA_HOME", "var")) / "cache" / name)
    return _blocks[source]


def _kept(path: Path) -> NDArray[np.int32]:
    try:
        table: NDArray[np.int32] = np.load(path, allow_pickle=False)
        if table.shape == (BLOCKS,) and table.dtype == np.int32:
            return table
    except (OSError, ValueError, EOFError):
        pass  # absent or damaged: make it again
    table = _derived()
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.save(file, table, allow_pickle=False)
        part.replace(path)
    except OSError:  # a cache that cannot be written only costs the next start half a second
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return table


def _derived() -> NDArray[np.int32]:
    """From libphonenumber's geodata (Apache-2.0), whose Chinese names are matched with regions.yaml."""
    from phonenumbers.geodata import GEOCODE_DATA  # 0.6 s and 100 MB: only ever when the cache is cold

    table = np.zeros(BLOCKS, np.int32)
    cities = _city_names()
    rows = [(prefix[2:], names.get("zh", "")) for prefix, names in GEOCODE_DATA.items() if prefix.startswith("861")]
    for prefix, name in sorted(rows, key=lambda row: len(row[0])):
        # Shorter prefixes are leftovers of the table's compaction, not facts about their blocks.
        if 4 <= len(prefix) <= 7 and prefix[1] >= "3":
            scale = 10 ** (7 - len(prefix))
            first = int(prefix) * scale - FIRST_BLOCK
            table[first : first + scale] = city_code(name, cities)
    return table


def _city_names() -> dict[str, int]:
    """Short province name and first two characters of the city -> code; former names in full."""
    known = words.regions()
    short = {code // 10000: _short(row.zh) for code, row in known.provinces.items()}
    names = {f"{short[code // 10000]}{row.zh[:2]}": code for code, row in reversed(known.cities.items())}
    return names | known.former | {name: head * 10000 + 100 for head, name in short.items() if head in (11, 12, 31, 50)}


def _short(province: str) -> str:
    return re.sub(r"(省|市|特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区)$", "", province)


def city_code(name: str, cities: dict[str, int]) -> int:
    """Code of a full name such as 浙江省杭州市 or 内蒙古包头市; 0 if it is not known."""
    if name in cities:
        return cities[name]
    match = re.match(r"(内蒙古|黑龙江|..)(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)?(..)?", name)
    return cities.get(match[1] + (match[2] or ""), 0) if match else 0
