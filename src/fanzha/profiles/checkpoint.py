"""Decides what of the live profiles is kept on disk, so that a start after a stop needs only the newest records.

A checkpoint names the lake position it holds and the layout it was written in; one of another layout, or a broken one,
is not an error: it is discarded, and the profiles are rebuilt from the lake.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha.errors import StorageError
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.layout import CLASSES, FINGERPRINT, Store
from fanzha.profiles.table import M_ROWS, M_WAITING, LiveTable, Table

_ARENA = ("peer_id", "peer_first", "peer_out", "peer_in")


def _arrays(live: LiveTable) -> dict[str, NDArray[Any]]:
    """Every array of a live table, cut to what is in use."""
    rows = int(live.table.meta[M_ROWS])
    arena = int(live.store.free[CLASSES])
    found: dict[str, NDArray[Any]] = {"max_bytes": np.array([live.max_bytes])}
    for name in Store._fields:
        array = getattr(live.store, name)
        whole = name in ("free", "start")
        found[f"store.{name}"] = array if whole else array[: arena if name in _ARENA else rows]
    for name in Table._fields:
        if name != "waiting":
            array = getattr(live.table, name)
            found[f"table.{name}"] = array[:rows] if name in ("owner", "next_row") else array
    for name in live.table.waiting._fields:
        found[f"waiting.{name}"] = getattr(live.table.waiting, name)[: int(live.table.meta[M_WAITING])]
    return found


def _restore(live: LiveTable, arrays: Mapping[str, NDArray[Any]]) -> None:
    key, ref, last, meta = (arrays[f"table.{name}"].copy() for name in ("key", "ref", "last", "meta"))
    live.table = live.table._replace(key=key, ref=ref, last=last, meta=meta)
    for name in Store._fields:
        source = arrays[f"store.{name}"]
        getattr(live.store, name)[: len(source)] = source
    for name in ("owner", "next_row"):
        source = arrays[f"table.{name}"]
        getattr(live.table, name)[: len(source)] = source
    for name in live.table.waiting._fields:
        source = arrays[f"waiting.{name}"]
        getattr(live.table.waiting, name)[: len(source)] = source


def save(folder: Path, tables: Mapping[EntityKind, LiveTable], position: int, extra: Mapping[str, object]) -> None:
    """Write all tables as of lake position `position`; the former checkpoint stays until this one is whole."""
    fresh, former = folder.with_suffix(".new"), folder.with_suffix(".old")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for kind, live in tables.items():
            for name, array in _arrays(live).items():
                with (fresh / f"{kind.name.lower()}.{name}.npy").open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                    os.fsync(file.fileno())
        header = {"layout": FINGERPRINT, "position": position, "kinds": [k.name for k in tables], "extra": dict(extra)}
        with (fresh / "header.json").open("w", encoding="utf-8") as file:
            json.dump(header, file)
            file.flush()
            os.fsync(file.fileno())
        shutil.rmtree(former, ignore_errors=True)
        if folder.exists():
            folder.rename(former)
        fresh.rename(folder)
        shutil.rmtree(former, ignore_errors=True)
    except OSError as error:
        hint = "free disk space; the records are safe in the lake, and profiles are rebuilt from it"
        what = f"cannot write the checkpoint: {error.strerror or error}"
        raise StorageError(what, where=str(folder), hint=hint) from error


def load(folder: Path, tables: Mapping[EntityKind, LiveTable]) -> tuple[int, dict[str, Any]]:
    """Fill the (empty) tables; the lake position they stand at and what was saved beside. (0, {}) when there is none.

    Tables that were saved with other bounds are not taken either: their rows might not fit.
    """
    for place in (folder, folder.with_suffix(".old")):
        try:
            header = json.loads((place / "header.json").read_text(encoding="utf-8"))
            if header["layout"] != FINGERPRINT or header["kinds"] != [k.name for k in tables]:
                continue
            found = {kind: _read(place, kind) for kind in tables}
            if any(found[k]["max_bytes"][0] != tables[k].max_bytes for k in tables):
                continue
        except (OSError, ValueError, KeyError):
            continue
        for kind, live in tables.items():
            _restore(live, found[kind])
        return int(header["position"]), dict(header["extra"])
    return 0, {}


def _read(place: Path, kind: EntityKind) -> dict[str, NDArray[Any]]:
    prefix = f"{kind.name.lower()}."
    return {
        path.name[len(prefix) : -len(".npy")]: np.load(path, mmap_mode="r", allow_pickle=False)
        for path in place.glob(f"{prefix}*.npy")
    }
