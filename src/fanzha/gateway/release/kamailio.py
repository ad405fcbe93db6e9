"""Decides how the reference edge cuts a call: dlg.terminate_dlg, and a BYE of our own by tm.t_uac_start.

Kamailio's success proves nothing (5.6.3 tells no fault when a BYE was not sent). Its dialogs cannot end a call that
rings (bye_early_code came later), but its transactions can: tm.cancel sends the callee a CANCEL, the caller hears 487.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from fanzha.gateway.edge.rpc import Rpc, RpcError
from fanzha.gateway.release.switch import Dialog, Side, Switch, SwitchError

_URI = re.compile(r"<([^<>\s]+)>|^\s*([a-z]+:[^\s;,<>]+)", re.IGNORECASE)
_PATIENCE_S = 0.3
_BEYOND = 100  # above the highest CSeq that was seen: some may have been missed


class KamailioSwitch(Switch):
    """One Kamailio by its JSON-RPC datagram socket ("unix:/run/edge/rpc.sock", "udp:127.0.0.1:8090")."""

    def __init__(self, address: str) -> None:
        """Raises UsageError for an address of another form."""
        self._rpc = Rpc(address, patience=_PATIENCE_S)
        # The client waits for its answers; one thread of its own, so that nothing else does.
        self._thread = ThreadPoolExecutor(1, "kamailio")

    async def terminate(self, dialog: Dialog) -> None:
        """See Switch."""
        await self._ask("dlg.terminate_dlg", dialog.call_id, dialog.from_tag, dialog.to_tag)

    async def cancel(self, dialog: Dialog) -> None:
        """See Switch."""
        await self._ask("tm.cancel", dialog.call_id, str(dialog.invite))

    async def bye(self, dialog: Dialog, to: Side) -> None:
        """See Switch."""
        contact, leg = (
            (dialog.caller_contact, dialog.caller_leg) if to == "caller" else (dialog.callee_contact, dialog.callee_leg)
        )
        target = uri_of(contact)
        if not target or not dialog.from_ or not dialog.to:
            raise SwitchError("the leg's contact was never seen, so no BYE can be addressed", where=dialog.call_id)
        hop = f"sip:{leg}" if leg else ""
        await self._ask("tm.t_uac_start", "BYE", target, hop, "", bye_headers(dialog, to))

    async def close(self) -> None:
        """See Switch."""
        self._thread.shutdown(wait=True)
        self._rpc.close()

    async def _ask(self, method: str, *parameters: str) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._rpc.ask, method, *parameters)
        except RpcError as error:
            raise SwitchError(error.message, where=error.where, hint=error.hint) from error


def bye_headers(dialog: Dialog, to: Side) -> str:
    """The headers of a BYE to one leg in the other party's name: it is From who seems to hang up."""
    caller, callee = tagged(dialog.from_, dialog.from_tag), tagged(dialog.to, dialog.to_tag)
    from_, to_ = (callee, caller) if to == "caller" else (caller, callee)
    cseq = dialog.cseqs[1 if to == "caller" else 0] + _BEYOND
    lines = (f"From: {from_}", f"To: {to_}", f"Call-ID: {dialog.call_id}", f"CSeq: {cseq} BYE", "Max-Forwards: 70")
    return "\r\n".join(lines) + '\r\nReason: Q.850;cause=16;text="released"\r\n'


def tagged(address: str, tag: str) -> str:
    """A From or To with exactly this tag."""
    bare = re.sub(r";\s*tag\s*=[^;>]*", "", address, flags=re.IGNORECASE)
    return f"{bare};tag={tag}" if tag else bare


def uri_of(contact: str) -> str:
    """The URI in a Contact; "" without one."""
    found = _URI.search(contact)
    return (found[1] or found[2]) if found else ""
