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


class Known:
    """Whether an address lies in one of some networks. What was found is remembered, of so many addresses at most."""

    def __init__(self, networks: tuple[Network, ...], most: int) -> None:
        self._networks = networks
        self._most = most
        self._met: dict[str, bool] = {}

    def __len__(self) -> int:
        return len(self._met)

    def __contains__(self, address: str) -> bool:
        found = self._met.get(address)
        if found is None:
            if len(self._met) >= self._most:
                del self._met[next(iter(self._met))]
            found = self._met[address] = self._lies_within(address)
        return found

    def _lies_within(self, address: str) -> bool:
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        plain = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(plain in network for network in self._networks)


class Admission:
    """Who is heard, and a bucket of requests for each address that was met. Bounded: the oldest give way."""

    def __init__(self, networks: tuple[Network, ...], words: SipWords) -> None:
        self._rate = float(words.address_rate)
        self._burst = float(words.address_burst)
        self._most = words.addresses
        self.allow(networks)

    def allow(self, networks: tuple[Network, ...]) -> None:
        """Hear these from now on, and nobody else."""
        self.known = Known(networks, self._most)
        self._buckets: dict[str, list[float]] = {}

    def admit(self, address: str, now: float) -> Admitted:
        """Whether a request of this address is taken now (seconds of a steady clock)."""
        bucket = self._buckets.get(address)
        if bucket is None:
            if address not in self.known:
                return Admitted.STRANGER
            if len(self._buckets) >= self._most:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[address] = [self._burst, now]
        tokens = min(self._burst, bucket[0] + (now - bucket[1]) * self._rate)
        bucket[1] = now
        if tokens < 1:
            bucket[0] = tokens
            return Admitted.FLOOD
        bucket[0] = tokens - 1
        return Admitted.YES
