"""Decides how an edge lives: tables first, then Kamailio, then rules kept up to date beside it; all end together."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fanzha.errors import StorageError, UsageError
from fanzha.gateway.edge.alarm import Alarm
from fanzha.gateway.edge.pusher import Pusher, keep_pushed
from fanzha.gateway.edge.rpc import Rpc
from fanzha.gateway.edge.rules import Rules
from fanzha.gateway.edge.rundir import HEAD, PID, SNAPSHOT, check_startable, command, rpc_address, write_run_folder
from fanzha.gateway.edge.settings import Settings
from fanzha.gateway.edge.snapshot import is_snapshot, write_snapshot
from fanzha.gateway.edge.voice import Voice

LOG = logging.getLogger("fanzha.edge")
PATIENCE = 5.0  # seconds for Kamailio to end by itself


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[None]:
    """One at a time keeps the edge of a run folder. A Kamailio whose keeper was killed goes on: it is ended here, for
    it holds the ports, and nobody has kept its rules up to date. Raises UsageError, StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "keeper.lock").open("ab")
    except OSError as error:
        raise StorageError(f"the run folder cannot be used: {error.strerror}", where=str(folder)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "an edge runs in this folder already",
                where=str(folder),
                hint="stop it, or name another folder with --run",
            ) from None
        _end_left(folder)
        yield


def _end_left(folder: Path) -> None:
    try:
        left = int((folder / PID).read_text(encoding="ascii"))
        words = Path(f"/proc/{left}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return
    if os.fsencode(folder / HEAD) in words:  # and no other process that has its number by now
        LOG.warning("a Kamailio whose keeper was killed is ended before the new one starts")
        _ended(left, lambda: not Path(f"/proc/{left}").exists())


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
    _ended(process.pid, lambda: process.poll() is not None)
    process.wait()


def _ended(group: int, gone: Callable[[], bool]) -> None:
    """Ask a process group to end, and see to it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while not gone() and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
