"""Decides where a run keeps its state and its compiled kernels, before anything heavy is imported.

numba's own cache does not see a change in what a kernel uses from another file, so the cache folder is named after
the source of every module with kernels and of those these import: an edit opens a fresh one, and nothing stale is run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from fanzha.errors import StorageError

_PACKAGE = Path(__file__).parents[1]
_KERNEL = re.compile(rb"^@(?:njit|kernel|allocating)\b", re.MULTILINE)
_IMPORTED = re.compile(rb"^from (fanzha[\w.]*) import", re.MULTILINE)
_KEPT = 3  # folders of compiled kernels: this version's and the last ones'


def home() -> Path:
    """FANZHA_HOME, default ./var, made if need be. Raises StorageError where it cannot be written."""
    path = Path(os.environ.get("FANZHA_HOME") or "var").absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise StorageError(
            f"FANZHA_HOME cannot be written (数据目录不可写): {error.strerror or error}",
            where=str(path),
            hint="set FANZHA_HOME to a folder that you own, or free some space",
        ) from error
    return path


def begin() -> Path:
    """Get ready for heavy imports: the home, with numba told where its kernels are."""
    place = home()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(place)))
    return place


def rule_folders(place: Path, more: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Where rules come from beside the shipped ones: FANZHA_HOME/rules, then the folders of the command line."""
    return (place / "rules", *more)


def kernel_cache(place: Path) -> Path:
    """The folder of compiled kernels that fits this source, numba and numpy; older ones beyond `_KEPT` are removed.

    The demo's home lies within another, whose kernels serve it as well.
    """
    name = kernel_hash(_PACKAGE)
    outer = place.parent / "cache" / "numba" / name
    if outer.is_dir() and os.access(outer, os.W_OK):
        return outer
    folder = place / "cache" / "numba" / name
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def kernel_hash(package: Path) -> str:
    """A hash of every module under `package` with kernels, of what these import of ours, and of what compiles them."""
    digest = hashlib.blake2b(digest_size=8)
    for name in ("numba", "numpy"):
        digest.update(f"{name} {version(name)}\n".encode())
    sources = {_module(path, package): path.read_bytes() for path in package.rglob("*.py")}
    kernels = {name for name, source in sources.items() if _KERNEL.search(source)}
    used = {match.decode() for name in kernels for match in _IMPORTED.findall(sources[name])}
    for name in sorted(kernels | (used & sources.keys())):
        digest.update(name.encode() + b"\0" + sources[name])
    return digest.hexdigest()


def _module(path: Path, package: Path) -> str:
    return ".".join((package.name, *path.relative_to(package).with_suffix("").parts))
