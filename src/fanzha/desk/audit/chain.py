"""Decides how entries are sealed: each keyed over all it says and over the seal before it."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fanzha.desk.keys import derived

if TYPE_CHECKING:
    from fanzha.desk.audit.models import Entry

_USE = "audit"
_written = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Sealer:
    """Seals acts of one moment and one person, one after another."""

    at: datetime
    actor_id: int | None
    actor_name: str
    batch: str
    _key: bytes = field(default_factory=lambda: derived(_USE), repr=False)

    def seal(
        self,
        before: str,
        number: int,
        action: str,
        kind: str,
        subject: str,
        network: str,
        region: str,
        reason: str,
        data: Any,
    ) -> str:
        """HMAC-SHA-256 (RFC 2104) over the entry's content and the seal of the one before it, as hex."""
        who = (self._moment, self.actor_id, self.actor_name)
        content = (before, number, *who, action, kind, subject, network, region, reason, data, self.batch)
        return _mac(_written(content), self._key)

    @cached_property
    def _moment(self) -> str:
        return self.at.astimezone(UTC).isoformat()


def seal(entry: Entry, before: str) -> str:
    """The seal that an entry must have after the one before it."""
    sealer = Sealer(entry.at, entry.actor_id, entry.actor_name, entry.batch)
    about = (entry.action, entry.kind, entry.subject, entry.network, entry.region, entry.reason, entry.data)
    return sealer.seal(before, entry.number, *about)


def head_mac(number: int, seal_: str) -> str:
    """The key's word that the chain ended here."""
    return _mac(f"head {number} {seal_}", derived(_USE))


def _mac(text: str, key: bytes) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
