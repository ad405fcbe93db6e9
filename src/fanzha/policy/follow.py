"""Decides how a gateway keeps up with the desk: asks, takes, waits longer after each failure, and never gives up."""

from __future__ import annotations

import logging
import threading

from fanzha.errors import FanzhaError
from fanzha.policy.source import PolicySource
from fanzha.policy.store import PolicyStore, Receipt

_LOG = logging.getLogger("fanzha.policy")


class Follower(threading.Thread):
    """Takes what a source has into a store, until it is stopped. Only one of a host's processes needs to."""

    def __init__(
        self, store: PolicyStore, source: PolicySource, *, wait: float = 20.0, pause: float = 0.5, longest: float = 60.0
    ) -> None:
        """wait: seconds of one long poll. pause: seconds after a failure, doubled up to `longest`."""
        super().__init__(name="policy-follower", daemon=True)
        self._store = store
        self._source = source
        self._wait = wait
        self._pauses = (pause, longest)
        self._stopping = threading.Event()
        self.failures = 0  # in a row: 0 while the desk answers and its messages are good

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            good = self.once()
            self.failures = 0 if good else self.failures + 1
            if not good:
                pause, longest = self._pauses
                self._stopping.wait(min(pause * 2 ** min(self.failures - 1, 16), longest))

    def once(self) -> bool:
        """Ask once; whether the desk answered and all that it gave was taken. Never raises for what a desk can do."""
        try:
            messages = self._source.after(self._store.version, self._wait)
            self._store.heard()
            return all(self._took(self._store.take(message)) for message in messages)
        except (OSError, FanzhaError) as error:
            _LOG.warning("no policy from the desk (策略获取失败), version %d stays: %s", self._store.version, error)
            return False

    def stop(self) -> None:
        """End after the poll that is under way; `join` to wait for that."""
        self._stopping.set()

    def _took(self, receipt: Receipt) -> bool:
        if receipt.taken:
            _LOG.info("policy %d in force, %d entries, %d us", receipt.number, receipt.entries, receipt.micros)
        return not receipt.refusal
