"""Decides whether the vocabulary as it stands can be used, for `fanzha rules check`: every file, and what ties them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fanzha.errors import VocabularyError
from fanzha.vocabulary import schemas
from fanzha.vocabulary.loader import OVERRIDE, load, locate, read


def check_all() -> list[str]:
    """One line for each fault, naming file and line; an empty list says that all is well."""
    faults = [*_schemas(), *_strangers()]
    return faults or [*_regions(), *_plan(), *_zone()]


def _schemas() -> Iterator[str]:
    for name, type_ in schemas.SCHEMAS.items():
        try:
            load(name, type_)
        except VocabularyError as error:
            yield str(error)


def _strangers() -> Iterator[str]:
    """A file whose name is nearly that of a vocabulary would be silently ignored, so say so."""
    directory = os.environ.get(OVERRIDE)
    if directory and Path(directory).is_dir():
        for path in sorted(Path(directory).glob("*.yaml")):
            near = get_close_matches(path.stem, schemas.SCHEMAS, n=1, cutoff=0.8)
            if near and path.stem not in schemas.SCHEMAS:
                yield f"{path}: replaces no vocabulary; did you mean {near[0]}.yaml?"


def _regions() -> Iterator[str]:
    known = schemas.regions()
    document = read(locate("regions"))
    for code in known.cities:
        if code // 10000 * 10000 not in known.provinces:
            yield f"{document.where('cities', code)}: city {code} has no province"
    for name, code in known.former.items():
        if code not in known.cities:
            yield f"{document.where('former', name)}: {name} goes to {code}, which is no city"
    document = read(locate("area_codes"))
    areas = schemas.area_codes()
    for area, row in areas.areas.items():
        for code in (row.city, *row.also):
            if code not in known.cities:
                yield f"{document.where('areas', area)}: {code} is no city of regions.yaml"
    for old, new in areas.merged.items():
        if new not in areas.areas:
            yield f"{document.where('merged', old)}: {new} is no area code"


def _plan() -> Iterator[str]:
    plan, document = schemas.number_plan(), read(locate("number_plan"))
    carriers = schemas.carriers().carriers
    for part, rows in (("mobile", plan.mobile), ("iot", plan.iot)):
        seen: set[str] = set()
        for index, row in enumerate(rows.rows):
            where = document.where(part, "rows", index)
            if row.carrier not in carriers:
                yield f"{where}: carrier {row.carrier!r} is not in carriers.yaml"
            for prefix in row.prefixes:
                if prefix in seen:
                    yield f"{where}: prefix {prefix!r} stands twice"
                seen.add(prefix)


def _zone() -> Iterator[str]:
    zone = schemas.settings().timezone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"{read(locate('settings')).where('timezone')}: {zone!r} is no timezone"
