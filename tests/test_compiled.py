"""Two who compile at once on an empty cache never run each other's code for what it was not compiled for."""

from __future__ import annotations

import threading
from pathlib import Path

from numba.core.caching import IndexDataCacheFile

from fanzha import compiled


def test_code_saved_at_the_same_moment_is_found_under_its_own_signature(tmp_path: Path) -> None:
    assert compiled.njit
    begun, go_on = threading.Event(), threading.Event()

    class Slow(IndexDataCacheFile):
        def _save_index(self, overloads: dict[str, str]) -> None:
            begun.set()
            go_on.wait(30)
            super()._save_index(overloads)

    slow, quick = (kind(str(tmp_path), "total", 1.0) for kind in (Slow, IndexDataCacheFile))
    first = threading.Thread(target=slow.save, args=("float64", "code for float64"))
    second = threading.Thread(target=quick.save, args=("int64", "code for int64"))
    first.start()
    assert begun.wait(30)
    second.start()
    second.join(0.3)  # long enough to have done it, if nothing held it up
    go_on.set()
    first.join(30)
    second.join(30)
    assert [quick.load(name) for name in ("float64", "int64")] == ["code for float64", "code for int64"]
