"""Decides what each role of `fanzha serve` runs as: the arguments of its own process, and where its ports are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fanzha.cli.language import say
from fanzha.errors import UsageError

ROLES = ("desk", "jobs", "watch", "gateway", "hep")
USUAL = ("desk", "jobs", "watch")
SIP, HTTP, MIRROR = ("127.0.0.1", 5070), ("127.0.0.1", 8080), ("127.0.0.1", 9060)  # where gateway and hep listen
STAGE = ("telephones", "province")  # the demonstration's own


@dataclass(frozen=True)
class Ports:
    """Where a run listens. sip, mirror: host:port of gateway and hep, "" for their own defaults."""

    host: str
    port: int
    sip: str = ""
    mirror: str = ""

    @property
    def address(self) -> str:
        """Of the desk, for a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


def named(words: str) -> tuple[str, ...]:
    """The roles of an option, each once. Raises UsageError for one that there is not."""
    names = tuple(dict.fromkeys(name.strip() for name in words.split(",") if name.strip()))
    for name in names:
        if name not in ROLES:
            raise UsageError(say(f"没有角色 {name}", f"there is no role {name}"), where="--roles", hint=",".join(ROLES))
    if not names:
        raise UsageError(say("没有写角色", "no role is named"), where="--roles", hint=",".join(ROLES))
    return names


def make_key(home: Path) -> None:
    """The desk's key for policy, before a gateway of the same machine starts: it obeys the keys it finds then."""
    from fanzha.errors import PolicyError
    from fanzha.signing.keys import Keys

    Keys(home, "policy", PolicyError).secret()


def commands(roles: tuple[str, ...], ports: Ports, home: Path, switch: str = "") -> dict[str, list[str]]:
    """Arguments of `fanzha` for each role. switch: whom `hep` may command, see `fanzha hep --help`."""
    incoming = str(home / "incoming")
    # Records of mirrored calls come as many small files: they are put aside once they are in the lake.
    aside = ["--done", str(home / "taken")] if "hep" in roles else []
    own = ["--host", ports.host, "--port", str(ports.port)]
    known = {
        "watch": ["watch", incoming, "--json", *aside],
        "gateway": ["gateway", *(["--sip", ports.sip, "--http", "off"] if ports.sip else [])],
        "hep": [
            "hep", "--records", incoming,
            *(["--listen", ports.mirror] if ports.mirror else []), *(["--switch", switch] if switch else []),
        ],
        "telephones": ["serve", "--only", "telephones", "--engine", ports.sip],
    }  # fmt: skip
    return {role: known.get(role) or ["serve", "--only", role, *own] for role in roles}
