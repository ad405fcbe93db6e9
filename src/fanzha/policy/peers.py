"""Decides over which trunk an address sends: exact addresses first, then the narrowest network that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeVar

from fanzha.errors import PolicyError
from fanzha.policy.trunk import Trunk

K = TypeVar("K")
_REMEMBERED = 4096  # addresses met inside networks; forgotten all at once when so many were


class Peers:
    """Address -> trunk. Raises PolicyError for what is no address, and for one that two trunks claim."""

    def __init__(self, trunks: Iterable[Trunk]) -> None:
        self._exact: dict[str, str] = {}
        networks: dict[IPv4Network | IPv6Network, str] = {}
        for trunk in trunks:
            for peer in trunk.peers:
                if "/" in peer:
                    self._claim(networks, _network(peer, trunk), trunk)
                else:
                    self._claim(self._exact, _address(peer, trunk), trunk)
        self._networks = sorted(networks.items(), key=lambda item: -item[0].prefixlen)
        self._met: dict[str, str | None] = {}

    @staticmethod
    def _claim(held: dict[K, str], peer: K, trunk: Trunk) -> None:
        if held.setdefault(peer, trunk.id) != trunk.id:
            raise PolicyError(
                f"{peer} belongs to trunk {held[peer]} already",
                where=f"trunk {trunk.id}",
                hint="an address may send over one trunk only; give address and port, or correct one of them",
            )

    def trunk(self, peer: str) -> str | None:
        """The trunk's id; None for a stranger."""
        found = self._exact.get(peer)
        if found is not None:
            return found
        host = _host(peer)
        found = self._exact.get(host)
        if found is not None or not self._networks:
            return found
        if host not in self._met:
            if len(self._met) >= _REMEMBERED:
                self._met.clear()
            self._met[host] = self._search(host)
        return self._met[host]

    def _search(self, host: str) -> str | None:
        try:
            address = ip_address(host)
        except ValueError:
            return None
        return next((name for network, name in self._networks if address in network), None)


def _host(peer: str) -> str:
    """The address without its port: 10.0.0.1:5060, [2001:db8::1]:5060."""
    if peer.startswith("["):
        return peer[1:].partition("]")[0]
    return peer.partition(":")[0] if peer.count(":") == 1 else peer


def _address(peer: str, trunk: Trunk) -> str:
    host = _host(peer)
    try:
        plain = str(ip_address(host))
    except ValueError:
        raise _no_address(peer, trunk) from None
    return peer if peer != host else plain


def _network(peer: str, trunk: Trunk) -> IPv4Network | IPv6Network:
    try:
        return ip_network(peer, strict=False)
    except ValueError:
        raise _no_address(peer, trunk) from None


def _no_address(peer: str, trunk: Trunk) -> PolicyError:
    return PolicyError(
        f"{peer!r} is no address", where=f"trunk {trunk.id}", hint='write "10.0.0.1", "10.0.0.1:5060" or "10.1.0.0/16"'
    )
