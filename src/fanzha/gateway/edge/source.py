"""Decides which rules an edge should hold now: those of the policy in force, on today's date."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fanzha import vocabulary as words
from fanzha.gateway.edge.rules import Local, Rules, compile_rules
from fanzha.policy.store import PolicyStore


class CurrentRules:
    """Compiles anew when the policy has changed, or the day: an entry of the number plan ages by days."""

    def __init__(self, store: PolicyStore, local: Local) -> None:
        """store: loaded already; read again whenever another process has taken something new into its folder."""
        self._store = store
        self._local = local
        self._made: tuple[object, Rules] | None = None

    def __call__(self) -> Rules | None:
        """The rules, None without a policy. Raises PolicyError, StorageError."""
        self._store.refresh()
        policy = self._store.current
        if policy is None:
            return None
        day = datetime.now(ZoneInfo(words.settings().timezone)).date()
        key = (policy.version, day)
        if self._made is None or self._made[0] != key:
            self._made = (key, compile_rules(policy, self._local, day))
        return self._made[1]
