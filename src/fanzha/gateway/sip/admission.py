"""Decides whether an address is heard at all: allowed peers only, none faster than it may; others get silence."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from fanzha.errors import UsageError
from fanzha.gateway.sip.words import SipWords

Network = IPv4Network | IPv6Network


class Admitted(Enum):
    """Heard; a stranger; one who asks too fast."""

    YES = "admitted"
    STRANGER = "stranger"
    FLOOD = "flood"


def read_networks(texts: Iterable[str], where: str = "") -> tuple[Network, ...]:
    """Addresses and networks as a person writes them. Raises UsageError naming the first that is none."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            raise UsageError(
                f"{text!r} is no address or network (不是地址或网段)",
                where=where,
                hint='write "10.0.0.1", "10.1.0.0/16" or "2001:db8::/32"',
            ) from None
    return tuple(found)


class Admission:
    """The allowed networks, and a bucket of requests for each address that was met. Bounded: the oldest give way."""

    def __init__(self, networks: tuple[Network, ...], words: SipWords) -> None:
        self._rate = float(words.address_rate)
        self._burst = float(words.address_burst)
        self._most = words.addresses
        self._buckets: dict[str, list[float]] = {}
        self._strangers: dict[str, None] = {}
        self.allow(networks)

    def allow(self, networks: tuple[Network, ...]) -> None:
        """Hear these from now on, and nobody else."""
        self._networks = networks
        self._buckets.clear()
        self._strangers.clear()

    def admit(self, address: str, now: float) -> Admitted:
        """Whether a request of this address is taken now (seconds of a steady clock)."""
        bucket = self._buckets.get(address)
        if bucket is None:
            if not self.knows(address):
                return Admitted.STRANGER
            bucket = self._buckets[address] = [self._burst, now]
            self._bound(self._buckets)
        tokens = min(self._burst, bucket[0] + (now - bucket[1]) * self._rate)
        bucket[1] = now
        if tokens < 1:
            bucket[0] = tokens
            return Admitted.FLOOD
        bucket[0] = tokens - 1
        return Admitted.YES

    def knows(self, address: str) -> bool:
        """Whether this address is heard at all."""
        if address in self._strangers:
            return False
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        if any((mapped or parsed) in network for network in self._networks):
            return True
        self._strangers[address] = None
        self._bound(self._strangers)
        return False

    def _bound(self, table: dict[str, list[float]] | dict[str, None]) -> None:
        if len(table) > self._most:
            del table[next(iter(table))]
