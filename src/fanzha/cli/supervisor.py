"""Decides how long processes of ours are kept: started again when they die, more slowly each time, ended together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from fanzha.cli.language import say
from fanzha.cli.terminal import note
from fanzha.errors import UsageError

_TICK_S = 0.2
_FIRST_S, _MOST_S = 0.5, 30.0  # how long to wait before a start again
_STEADY_S = 30.0  # up so long, a process counts as well again
_GRACE_S = 10.0
_TRACED = {"PYTHONFAULTHANDLER": "1"}  # who dies of a fault in memory says where


class _Child:
    """One role's process, and when it may be started again."""

    def __init__(self, role: str, arguments: Sequence[str], log: IO[bytes] | None) -> None:
        self.role, self._log = role, log
        self._arguments = [sys.executable, "-m", "fanzha.cli.main", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._began, self._again, self._wait = 0.0, 0.0, _FIRST_S
        self._steady = self.refused = False

    def tend(self, now: float) -> None:
        """Start it if it is due; note if it has died."""
        if self._process is not None and self._process.poll() is None:
            self._steady = self._steady or now - self._began > _STEADY_S
            return
        if self._process is not None:
            self._died(now, self._process.returncode)
        elif now >= self._again:
            out = subprocess.DEVNULL if self.role == "watch" else None
            # A session of its own: Ctrl-C reaches the supervisor alone, which then ends all in order.
            self._process = subprocess.Popen(
                self._arguments, stdout=out, stderr=self._log, start_new_session=True, env=os.environ | _TRACED
            )
            self._began = now

    def end(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def gone(self, within: float) -> None:
        """Wait for its end; after `within` seconds it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, within))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _died(self, now: float, code: int) -> None:
        self.refused = code == UsageError.exit_code and not self._steady
        self._wait = _FIRST_S if now - self._began > _STEADY_S else min(self._wait * 2, _MOST_S)
        self._again, self._process = now + self._wait, None
        zh = f"{self.role} 已退出（{code}），{self._wait:.0f} 秒后重启"
        note(say(zh, f"{self.role} ended ({code}), starts again in {self._wait:.0f} s"))


class Supervisor:
    """Keeps one process for each role; `commands` are arguments of `fanzha`. What they say goes to `log`, if given."""

    def __init__(self, commands: Mapping[str, Sequence[str]], log: Path | None = None) -> None:
        self._log = log.open("ab") if log is not None else None
        self._children = [_Child(role, arguments, self._log) for role, arguments in commands.items()]
        self._stopping = False

    def stop(self) -> None:
        """End all and return from `run`; safe in a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Until `stop`; on the way out nothing is left running. Raises UsageError where a process says, before it has
        ever run well, that what it is asked for cannot be: to start it again would not help."""
        try:
            while not self._stopping:
                for child in self._children:
                    child.tend(time.monotonic())
                    if child.refused:
                        raise _refused(child.role, self._log)
                time.sleep(_TICK_S)
        finally:
            for child in reversed(self._children):
                child.end()
            deadline = time.monotonic() + _GRACE_S
            for child in self._children:
                child.gone(deadline - time.monotonic())
            if self._log is not None:
                self._log.close()


def _refused(role: str, log: IO[bytes] | None) -> UsageError:
    seen = "" if log is None else str(log.name)
    hint = say(f"原因见 {seen}", f"{seen} says why") if seen else say("原因见上", "why stands above")
    return UsageError(say(f"{role} 不能这样启动", f"{role} cannot be started so"), hint=hint)
