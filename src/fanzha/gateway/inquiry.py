"""Decides what a call's own words mean before anything is judged: its numbers as keys, its trunk, its door."""

from __future__ import annotations

import msgspec

from fanzha.errors import UsageError
from fanzha.gateway.call import Call
from fanzha.gateway.counters import hash_of
from fanzha.numbering import Kind
from fanzha.numbering.false_cli import INGRESS_UNKNOWN
from fanzha.numbering.single import Reader
from fanzha.policy import Policy
from fanzha.records.contract import Ingress

INGRESS = {door.name.lower(): int(door) for door in Ingress}
EMERGENCY_URN = "urn:service:sos"  # RFC 5031
_EMERGENCY, _WITHHELD = int(Kind.EMERGENCY), int(Kind.WITHHELD)
_hashes: dict[str, int] = {}


class Inquiry:
    """A call with its numbers read.

    caller, callee: what the numbers are; presented: the number shown, only where it is another one than the caller.
    trunk_name: as the switch says it, else by the address that asked; trunk: its contract, None if not registered.
    ingress: code of records.contract.Ingress. region: where the call is served, GB/T 2260, 0 unknown. call_hash,
    trunk_hash: keys of the counters (trunk 0: unknown). fault: what of the question could not be read, "" if nothing.
    """

    __slots__ = (
        "call", "caller", "callee", "presented", "trunk_name", "trunk", "ingress", "region", "call_hash", "trunk_hash",
        "fault",
    )  # fmt: skip

    def __init__(self, call: Call, policy: Policy | None, reader: Reader) -> None:
        self.call = call
        name = call.trunk
        if name is None and policy is not None and call.peer is not None:
            name = policy.trunk_of(call.peer)
        trunk = policy.contract(name) if policy is not None else None
        self.trunk_name, self.trunk, self.fault = name, trunk, ""
        raws = [call.caller, call.callee] if call.presented is None else [call.caller, call.callee, call.presented]
        try:
            read = reader.read(raws, trunk.area if trunk is not None else "")
        except UsageError:
            read, self.fault = reader.read(raws), "trunk.area"
        if len(read) > 2 and read[0].kind == _WITHHELD:
            # Asserted to be nobody: whoever is shown is judged as the caller, or a false number would pass unjudged.
            self.call, read = msgspec.structs.replace(call, caller=call.presented, presented=None), [read[2], read[1]]
        self.caller, self.callee = read[0], read[1]
        self.presented = read[2] if len(read) > 2 and read[2].number != read[0].number else None
        door = call.ingress or (trunk.ingress if trunk is not None else "")
        self.ingress = INGRESS.get(door, INGRESS_UNKNOWN)
        self.region = call.serving_region or (trunk.region if trunk is not None else 0)
        self.call_hash = hash_of(call.key)
        self.trunk_hash = _trunk_hash(name) if name else 0

    @property
    def emergency(self) -> bool:
        """Whether the callee is an emergency service, however the call names it."""
        return self.callee.kind == _EMERGENCY or self.call.callee[: len(EMERGENCY_URN)].lower() == EMERGENCY_URN


def _trunk_hash(name: str) -> int:
    found = _hashes.get(name)
    if found is None:
        if len(_hashes) > 50_000:  # names come from outside; more than there are trunks are invented
            _hashes.clear()
        found = _hashes[name] = hash_of(name)
    return found
