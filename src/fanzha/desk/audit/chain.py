"""Decides how entries are sealed: each keyed over all it says and over the seal before it."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING

from fanzha.desk.keys import derived

if TYPE_CHECKING:
    from fanzha.desk.audit.models import Entry

_USE = "audit"


def seal(entry: Entry, before: str) -> str:
    """HMAC-SHA-256 (RFC 2104) over the entry's content and the seal of the one before it, as hex."""
    content = [
        before,
        entry.number,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.kind,
        entry.subject,
        entry.network,
        entry.region,
        entry.reason,
        entry.data,
        entry.batch,
    ]
    return _mac(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def head_mac(number: int, seal_: str) -> str:
    """The key's word that the chain ended here."""
    return _mac(f"head {number} {seal_}")


def _mac(text: str) -> str:
    return hmac.new(derived(_USE), text.encode(), hashlib.sha256).hexdigest()
