"""Decides nothing: a switch in memory that does what it is told, or fails as real ones do, for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fanzha.gateway.release.switch import Dialog, Side, Switch, SwitchError

Fault = Literal["refuses", "silent", "one_leg"]


class MemorySwitch(Switch):
    """Keeps the contract of Switch. leg_ended: told of each leg that has ended, as signalling would.

    fault: `refuses` (an error), `silent` (success, and nothing happens), `one_leg` (success, one BYE only: Kamailio
    issues 4169, 4268).
    """

    def __init__(self, leg_ended: Callable[[Dialog, Side], None], fault: Fault | None = None) -> None:
        self._leg_ended = leg_ended
        self.fault = fault
        self.commands: list[tuple[str, str]] = []

    async def terminate(self, dialog: Dialog) -> None:
        """See Switch."""
        self.commands.append(("terminate", dialog.call_id))
        if self.fault == "refuses":
            raise SwitchError("the switch refused", where="memory")
        if self.fault != "silent":
            self._leg_ended(dialog, "caller")
        if self.fault is None:
            self._leg_ended(dialog, "callee")

    async def cancel(self, dialog: Dialog) -> None:
        """See Switch."""
        self.commands.append(("cancel", dialog.call_id))
        if self.fault is None:
            self._leg_ended(dialog, "callee")

    async def bye(self, dialog: Dialog, to: Side) -> None:
        """See Switch."""
        self.commands.append((f"bye {to}", dialog.call_id))
        if self.fault == "refuses":
            raise SwitchError("the switch refused", where="memory")
        if self.fault != "silent":
            self._leg_ended(dialog, to)
