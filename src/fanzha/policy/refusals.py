"""Keeps what was refused and why, for the operator who asks tomorrow: a bounded file, a counter, a line in the log."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec

from fanzha.policy.refusal import Refused

_LOG = logging.getLogger("fanzha.policy")
_MOST = 1 << 20  # bytes, then the file is put aside and begun anew


class Refusals:
    """The refusals of one folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "refused.jsonl"
        self._totals = folder / "refused.json"

    def note(self, refused: Refused, at: int) -> None:
        """Write one down; whoever calls holds the folder's lock. at: UTC microseconds."""
        row = {
            "at": at,
            "number": refused.number,
            "refusal": refused.refusal.value,
            "message": refused.message,
            "where": refused.where,
        }
        _LOG.warning(
            "policy refused (策略被拒): number=%d refusal=%s %s %s",
            refused.number, refused.refusal.value, refused.where, refused.message,
        )  # fmt: skip
        try:
            if self._path.is_file() and self._path.stat().st_size > _MOST:
                self._path.replace(self._path.with_suffix(".old.jsonl"))
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(row) + b"\n")
            totals = self.totals()
            totals[refused.refusal.value] = totals.get(refused.refusal.value, 0) + 1
            fresh = self._totals.with_suffix(".fresh")
            fresh.write_bytes(msgspec.json.encode(totals))
            fresh.replace(self._totals)
        except OSError as error:
            _LOG.warning("the refusal cannot be written down: %s", error.strerror)

    def totals(self) -> dict[str, int]:
        """How many were refused by all processes of this host, by why."""
        try:
            return msgspec.json.decode(self._totals.read_bytes(), type=dict[str, int])
        except (OSError, msgspec.DecodeError):
            return {}

    def rows(self) -> list[dict[str, Any]]:
        """All that are still on file, oldest first; a line cut off by a crash is left out."""
        found: list[dict[str, Any]] = []
        for path in (self._path.with_suffix(".old.jsonl"), self._path):
            for line in path.read_bytes().splitlines() if path.is_file() else ():
                try:
                    found.append(msgspec.json.decode(line, type=dict[str, Any]))
                except msgspec.DecodeError:
                    continue
        return found
