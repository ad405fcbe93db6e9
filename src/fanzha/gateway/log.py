"""Decides what a line of the gateway's log looks like: one JSON object, and never a whole number of anybody's."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime

_NUMBER = re.compile(r"\+?[0-9]{7,}")
_SHOWN, _HIDDEN = 4, 4  # digits at the end that are shown, and before them that are hidden
_EXTRA = ("token", "who", "call", "peer")


def masked(text: str) -> str:
    """Every run of seven digits or more with its middle hidden: 138****5678. Numbers of people cannot be read back."""
    return _NUMBER.sub(lambda match: _mask(match[0]), text)


def _mask(digits: str) -> str:
    return f"{digits[: max(0, len(digits) - _SHOWN - _HIDDEN)]}{'*' * _HIDDEN}{digits[-_SHOWN:]}"


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, room, pid, text, and what the call of the logger added (token, who, call)."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        row: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("fanzha."),
            "pid": os.getpid(),
            "text": masked(record.getMessage()),
        }
        row |= {name: masked(str(getattr(record, name))) for name in _EXTRA if hasattr(record, name)}
        if record.exc_info:
            row["trace"] = masked(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=False)


def log_to_stderr() -> None:
    """All of ours, and what libraries warn of, as JSON lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("fanzha").setLevel(logging.INFO)
