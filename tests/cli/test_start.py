from __future__ import annotations

import shutil
from pathlib import Path

from fanzha.cli.start import kernel_cache, kernel_hash

KERNEL = "from numba import njit\nfrom fanzha.rules import LIMIT\n\n\n@njit\ndef f(x):\n    return x > LIMIT\n"


def package(tmp_path: Path) -> Path:
    folder = tmp_path / "fanzha"
    folder.mkdir()
    (folder / "kernels.py").write_text(KERNEL)
    (folder / "rules.py").write_text("LIMIT = 3\n")
    (folder / "page.py").write_text("TITLE = 'x'\n")
    return folder


def test_kernels_are_compiled_anew_after_an_edit_of_theirs_or_of_what_they_import(tmp_path: Path) -> None:
    folder = package(tmp_path)
    before = kernel_hash(folder)
    (folder / "rules.py").write_text("LIMIT = 4\n")
    between = kernel_hash(folder)
    (folder / "kernels.py").write_text(KERNEL.replace(">", ">="))
    assert len({before, between, kernel_hash(folder)}) == 3


def test_other_edits_compile_nothing(tmp_path: Path) -> None:
    folder = package(tmp_path)
    before = kernel_hash(folder)
    (folder / "page.py").write_text("TITLE = 'y'\n")
    (folder / "rules.yaml").write_text("score: 3\n")
    assert kernel_hash(folder) == before


def test_old_caches_do_not_pile_up(tmp_path: Path) -> None:
    caches = tmp_path / "cache" / "numba"
    for n in range(9):
        (caches / f"old{n}").mkdir(parents=True)
    kept = kernel_cache(tmp_path)
    assert kept.is_dir()
    assert len(list(caches.iterdir())) <= 4
    shutil.rmtree(caches)


def test_a_home_within_a_home_compiles_nothing_anew(tmp_path: Path) -> None:
    outer = kernel_cache(tmp_path)
    assert kernel_cache(tmp_path / "demo") == outer
