"""Decides how an edge lives: tables first, then Kamailio, then rules kept up to date beside it; all end together."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fanzha.errors import UsageError
from fanzha.gateway.edge.alarm import Alarm
from fanzha.gateway.edge.pusher import Pusher, keep_pushed
from fanzha.gateway.edge.rpc import Rpc
from fanzha.gateway.edge.rules import Rules
from fanzha.gateway.edge.rundir import SNAPSHOT, check_startable, command, rpc_address, write_run_folder
from fanzha.gateway.edge.settings import Settings
from fanzha.gateway.edge.snapshot import is_snapshot, write_snapshot
from fanzha.gateway.edge.voice import Voice

PATIENCE = 5.0  # seconds for Kamailio to end by itself


def prepare(folder: Path, settings: Settings, config: Path, rules: Callable[[], Rules | None]) -> None:
    """Write all that a start needs. Raises StorageError where there are no tables and no policy to make them of.

    Tables that are there serve for the start, which need not wait then; what has changed since is pushed after it.
    """
    write_run_folder(folder, settings, config)
    made = None if is_snapshot(folder / SNAPSHOT) else rules()
    if made is not None:
        write_snapshot(folder / SNAPSHOT, made)
    check_startable(folder)


def run_edge(folder: Path, settings: Settings, rules: Callable[[], Rules | None], stop: threading.Event) -> int:
    """Run Kamailio until `stop`, or until it ends by itself; its exit code, 0 after `stop`. `prepare` comes first."""
    if shutil.which("kamailio") is None:
        raise UsageError("Kamailio is not installed", hint="apt-get install kamailio kamailio-extra-modules")
    # A session of its own: a Ctrl-C is ours to pass on, and workers without a parent can be ended too.
    voice = Voice()
    words = command(folder, settings)
    process = subprocess.Popen(words, stdout=voice.end, stderr=voice.end, start_new_session=True)
    voice.start()
    ended = threading.Event()
    with Rpc(rpc_address(settings, folder)) as rpc:
        pushing = threading.Thread(
            target=keep_pushed, args=(Pusher(rpc), rules, folder / SNAPSHOT, ended), kwargs={"alarm": Alarm(rpc).look}
        )
        pushing.start()
        try:
            while process.poll() is None and not stop.wait(0.2):
                pass
            return 0 if stop.is_set() else process.returncode or 1
        finally:
            ended.set()
            _end(process)
            voice.join()
            pushing.join()


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
