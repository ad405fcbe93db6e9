"""Decides over which trunk an address sends: exact addresses first, then the narrowest network that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
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
        found = self._exact.get(peer) or self._exact.get(_host(peer))
        if found is not None:
            return found
        if peer not in self._met:
            if len(self._met) >= _REMEMBERED:
                self._met.clear()
            self._met[peer] = self._search(peer)
        return self._met[peer]

    def _search(self, peer: str) -> str | None:
        """An address however it is spelt; one of IPv4 may come dressed as IPv6 (::ffff:10.0.0.1)."""
        try:
            address = ip_address(_host(peer))
        except ValueError:
            return None
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        plain = mapped or address
        port = peer.rpartition(":")[2] if _host(peer) != peer else ""
        exact = self._exact.get(_with_port(plain, port)) or self._exact.get(str(plain))
        return exact or next((name for network, name in self._networks if plain in network), None)


def _host(peer: str) -> str:
    """The address without its port: 10.0.0.1:5060, [2001:db8::1]:5060."""
    if peer.startswith("["):
        return peer[1:].partition("]")[0]
    return peer.partition(":")[0] if peer.count(":") == 1 else peer


def _address(peer: str, trunk: Trunk) -> str:
    host = _host(peer)
    try:
        plain = ip_address(host)
    except ValueError:
        raise _no_address(peer, trunk) from None
    return str(plain) if peer == host else _with_port(plain, peer.rpartition(":")[2])


def _with_port(address: IPv4Address | IPv6Address, port: str) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _network(peer: str, trunk: Trunk) -> IPv4Network | IPv6Network:
    try:
        return ip_network(peer, strict=False)
    except ValueError:
        raise _no_address(peer, trunk) from None


def _no_address(peer: str, trunk: Trunk) -> PolicyError:
    return PolicyError(
        f"{peer!r} is no address", where=f"trunk {trunk.id}", hint='write "10.0.0.1", "10.0.0.1:5060" or "10.1.0.0/16"'
    )
