"""Decides what stands in the gateway's log: one JSON object a line, never a whole number of anybody's, and of a warning
that a thousand calls a second would repeat only so many."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

_NUMBER = re.compile(r"\+?[0-9]{7,}")
_SHOWN, _HIDDEN = 4, 4  # digits at the end that are shown, and before them that are hidden
_EXTRA = ("token", "who", "call", "peer")
_AT_ONCE, _EVERY_S = 5, 10.0  # warnings of one line of the code that are told, and in how long
_PLACES = 1000  # lines of code that are remembered


def masked(text: str) -> str:
    """Every run of seven digits or more with its middle hidden: 138****5678. Numbers of people cannot be read back."""
    return _NUMBER.sub(lambda match: _mask(match[0]), text)


def _mask(digits: str) -> str:
    return f"{digits[: max(0, len(digits) - _SHOWN - _HIDDEN)]}{'*' * _HIDDEN}{digits[-_SHOWN:]}"


class Sparing(logging.Filter):
    """Lets through five warnings or errors of each line of the code in ten seconds, all else always; the next one that
    passes says how many did not (`record.untold`). What another program says says where by `record.place`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        super().__init__()
        self._clock = clock
        self._told: dict[tuple[str, int] | str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told."""
        if record.levelno < logging.WARNING:
            return True
        where, now = getattr(record, "place", (record.pathname, record.lineno)), self._clock()
        if len(self._told) > _PLACES:
            self._told.clear()
        since, count = self._told.get(where, (now, 0))
        if now - since >= _EVERY_S:
            record.untold = max(0, count - _AT_ONCE)
            since, count = now, 0
        self._told[where] = since, count + 1
        return count < _AT_ONCE


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, room, pid, text, how many like it were not told (untold), and what the call of
    the logger added (token, who, call)."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        row: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("fanzha."),
            "pid": os.getpid(),
            "text": masked(record.getMessage()),
        }
        if untold := getattr(record, "untold", 0):
            row["untold"] = untold
        row |= {name: masked(str(getattr(record, name))) for name in _EXTRA if hasattr(record, name)}
        if record.exc_info:
            row["trace"] = masked(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=False)


def log_to_stderr() -> None:
    """All of ours, and what libraries warn of, as JSON lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("fanzha").setLevel(logging.INFO)
