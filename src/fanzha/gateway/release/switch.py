"""Decides what a switch must be able to do for a call to be cut: the contract every adapter keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import msgspec

from fanzha.errors import StorageError

Side = Literal["caller", "callee"]


class SwitchError(StorageError):
    """The switch said no, or said nothing. Not proof that the call goes on."""


class Dialog(msgspec.Struct, frozen=True, kw_only=True):
    """What addresses one call at a switch. Addresses are "10.0.0.1:5060", "" unknown; From, To and Contact as written.

    cseqs: highest CSeq seen of caller and callee: a BYE in one's name needs a higher one. invite: that of the INVITE.
    """

    call_id: str
    from_tag: str
    to_tag: str
    caller_leg: str = ""
    callee_leg: str = ""
    from_: str = ""
    to: str = ""
    caller_contact: str = ""
    callee_contact: str = ""
    cseqs: tuple[int, int] = (0, 0)
    invite: int = 0


class Switch(ABC):
    """One switch. Success means only that the command was taken: whoever releases must see both legs end."""

    @abstractmethod
    async def terminate(self, dialog: Dialog) -> None:
        """End an answered call on both legs. May be asked again. Raises SwitchError."""

    @abstractmethod
    async def cancel(self, dialog: Dialog) -> None:
        """End a call that nobody has answered yet: the callee is sent a CANCEL. As `terminate` otherwise."""

    @abstractmethod
    async def bye(self, dialog: Dialog, to: Side) -> None:
        """Send one leg a BYE in the other party's name, though the switch may have forgotten the call.

        Raises SwitchError; also where the dialog lacks what a BYE needs.
        """

    async def close(self) -> None:
        """Give back what is held."""
        return
