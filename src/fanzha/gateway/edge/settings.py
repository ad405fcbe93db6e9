"""Decides what an operator may set of an edge (edge.yaml): where it listens, whom it asks, to whom calls go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from fanzha.errors import UsageError
from fanzha.vocabulary.loader import decode, read

Listen = Annotated[str, Meta(pattern=r"^(udp|tcp):(\[[0-9a-fA-F:]+\]|[0-9.]+):[0-9]{1,5}$")]
_URI = r"sip:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(;transport=(udp|tcp))?"
SipUri = Annotated[str, Meta(pattern=f"^{_URI}$")]
Mirror = Annotated[str, Meta(pattern=f"^({_URI})?$")]

ENGINES, DEFAULT_HOPS = 1, 2  # dispatcher groups; named next hops follow


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """edge.yaml.

    listen: addresses for calls. engines: redirect servers, one caller always the same; none for plain rules alone, when
    every call that passes them is unscreened. next_hops: where calls go on, in turn. routes: names of other next hops,
    and the trunks whose calls go there. go_on_503: whether a 503 of an engine that is not ours lets a call go on; it
    means overload otherwise, and always where it says Retry-After.
    engine_ms: how long an engine may take; Kamailio's clock ends 100 between 62 and 125. breaker_failures within
    breaker_seconds make an engine not worth asking. rate: calls a second of one trunk, 0 for no limit. call_seconds:
    after which a call is forgotten. probe_next_hops: whether they get OPTIONS. events: whether engines are told how
    calls end. hep: collector of mirrored signalling, "" for none. rpc: "" for a socket in the run folder.
    memory_mb: shared by all processes; a row of rules takes 171 bytes, a call in progress about 4 kB.
    """

    listen: tuple[Listen, ...] = ("udp:127.0.0.1:5060",)
    engines: tuple[SipUri, ...] = ("sip:127.0.0.1:5070",)
    go_on_503: bool = False
    next_hops: tuple[SipUri, ...]
    routes: dict[str, Route] = {}
    engine_ms: Annotated[int, Meta(ge=63, le=1000)] = 100
    breaker_failures: Annotated[int, Meta(ge=1, le=1000)] = 5
    breaker_seconds: Annotated[int, Meta(ge=1, le=60)] = 2
    rate: Annotated[int, Meta(ge=0, le=100_000)] = 0
    call_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 14_400
    probe_next_hops: bool = False
    events: bool = True
    hep: Mirror = ""
    rpc: str = ""
    workers: Annotated[int, Meta(ge=1, le=64)] = 4
    memory_mb: Annotated[int, Meta(ge=64, le=65_536)] = 512
    log_level: Annotated[int, Meta(ge=-1, le=3)] = 0


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Next hops of their own for some trunks."""

    next_hops: tuple[SipUri, ...]
    trunks: tuple[str, ...]


def read_settings(path: Path) -> Settings:
    """The settings of a file. Raises VocabularyError with file and line, UsageError for what contradicts itself."""
    settings = decode(read(path), Settings)
    _checked(settings, str(path))
    return settings


def groups(settings: Settings) -> dict[str, int]:
    """Trunk -> group of next hops, for those that have their own."""
    return {trunk: DEFAULT_HOPS + 1 + at for at, route in enumerate(settings.routes.values()) for trunk in route.trunks}


def _checked(settings: Settings, where: str) -> None:
    for name, found in (("listen", settings.listen), ("next_hops", settings.next_hops)):
        if not found:
            raise UsageError(f"{name} is empty", where=where, hint="name at least one address")
    claimed = [trunk for route in settings.routes.values() for trunk in route.trunks]
    for trunk in claimed:
        if claimed.count(trunk) > 1:
            raise UsageError(f"trunk {trunk} stands in two routes", where=where, hint="keep one")
