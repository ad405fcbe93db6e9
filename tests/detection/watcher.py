"""A watcher as a process of its own, for tests that kill it: watcher.py HOME FOLDER takes what is there and ends."""

from __future__ import annotations

import sys
from pathlib import Path

from fanzha.detection.pack import load_pack
from fanzha.detection.watch import Listener, Options, Watch
from fanzha.records.lake import Lake

home, folder = Path(sys.argv[1]), Path(sys.argv[2])
options = Options(once=True, max_bytes=100_000_000, checkpoint_s=0.5)
with Lake(home) as lake:
    listener = Listener(receipt=lambda receipt: print(receipt, flush=True))
    Watch(lake, load_pack(), folder, home / "watch", options, listener).run()
