"""Decides on which calls a new policy is tried before it takes effect: the last ones that this host answered."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import msgspec

from fanzha.gateway.segment import lines
from fanzha.gateway.verdictlog import segments
from fanzha.policy.limits import limits
from fanzha.policy.traffic import Seen

_LOG = logging.getLogger("fanzha.gateway")
_FRESH_S = 30.0  # for so long a sample serves for the next policy as well


class LastCalls:
    """The newest verdicts of all processes, no more than guard.yaml's `traffic_sample`; what PolicyStore calls `seen`.

    A segment that cannot be read, or goes away meanwhile, is passed over.
    """

    def __init__(self, folder: Path) -> None:
        """folder: of the verdict log; it need not be there."""
        self._folder = folder
        self._found: list[Seen] = []
        self._until = 0.0

    def __call__(self) -> list[Seen]:
        """The calls; empty where none are kept."""
        if time.monotonic() >= self._until:
            self._found = _read(self._folder)
            self._until = time.monotonic() + _FRESH_S
        return self._found


def _read(folder: Path) -> list[Seen]:
    found: list[Seen] = []
    most = limits().traffic_sample
    for path in reversed(segments(folder)):
        if len(found) >= most:
            break
        try:
            told = [Seen(line.caller, line.callee, line.region) for line in lines(path)]
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("verdicts of %s cannot be read: %s", path.name, error)
            continue
        found += told[len(found) - most :]
    return found
