"""Decides what a gateway is told when it is started: where it listens, whom it hears, where policy and state lie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from fanzha.errors import PolicyError, UsageError
from fanzha.gateway.sip.admission import Network, read_networks
from fanzha.signing import KEY_BYTES
from fanzha.signing.keys import Keys

_POLICY_KEY = "fanzha-policy-key ed25519 "  # how signing.keys begins a public key's file
GO_ON = {404: "Not Found", 503: "Service Unavailable"}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway. sip, http: (host, port) or None where not served. policy: folder of the last good one.

    trusted: public keys of the desks that are obeyed. source: address of a desk to follow, or a folder, "" for none;
    source_token: file with the bearer token for it, so that it stands in no process list. go_on: code for "go on", None
    as profiles say. peers: addresses and networks that may ask over SIP; peers_file: more of them, one a line, read
    again on SIGHUP. edges: those whose X-Fanzha fields are believed. state: folder of tokens, verdicts and metrics.
    control: socket of the process that keeps the calls in progress (`fanzha hep`), if one ever ran. seed: shared by all
    processes.
    """

    sip: tuple[str, int] | None
    http: tuple[str, int] | None
    workers: int
    policy: Path
    state: Path
    trusted: frozenset[bytes] = frozenset()
    source: str = ""
    source_token: Path | None = None
    go_on: int | None = None
    peers: tuple[str, ...] = ("127.0.0.0/8", "::1")
    peers_file: Path | None = None
    edges: tuple[str, ...] = ("127.0.0.0/8", "::1")
    control: Path
    seed: bytes

    def networks(self) -> tuple[Network, ...]:
        """Whom to hear now. Raises UsageError naming file and line."""
        found = read_networks(self.peers, where="--peer")
        if self.peers_file is None:
            return found
        try:
            lines = self.peers_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the list of peers cannot be read: {error}", where=str(self.peers_file)) from None
        for number, line in enumerate(lines, 1):
            text = line.partition("#")[0].strip()
            if text:
                found += read_networks((text,), where=f"{self.peers_file}:{number}")
        return found

    def token(self) -> str:
        """The desk's bearer token, "" without one. Raises UsageError where its file cannot be read."""
        if self.source_token is None:
            return ""
        try:
            token = self.source_token.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the desk's token cannot be read: {error}", where="--source-token") from None
        if not token or not token.isprintable() or " " in token:
            what = f"{self.source_token} holds no token (文件里不是令牌)"
            raise UsageError(what, where="--source-token", hint="one line, as the desk showed it")
        return token


def check_source(text: str) -> None:
    """Raise UsageError for what is neither a desk's address nor a folder."""
    if "://" not in text:
        if not Path(text).is_dir():
            what = f"there is no folder {text} (没有这个目录)"
            raise UsageError(what, where="--source", hint="a folder, or https://desk.example/v1/policy")
        return
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not (text.isascii() and text.isprintable()) or " " in text:
        what = f"{text!r} is no address of a desk (不是工作台的地址)"
        raise UsageError(what, where="--source", hint="for example https://desk.example/v1/policy")


def check_apart(sip: tuple[str, int] | None, http: tuple[str, int] | None) -> None:
    """Raise UsageError for one port for both: the system would give each door a share of the other's connections."""
    for text, door in (("--sip", sip), ("--http", http)):
        if door is not None and door[1] == 0:
            raise UsageError(
                "a gateway needs a port of its own (端口不能是 0)", where=text, hint="for example 127.0.0.1:5070"
            )
    if sip is None or http is None or sip[1] != http[1]:
        return
    if sip[0] == http[0] or {sip[0], http[0]} & {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        raise UsageError(
            f"--sip and --http are one port, {sip[1]} (两者不能是同一个端口)",
            where="--http",
            hint="choose another port",
        )


def address(text: str) -> tuple[str, int]:
    """HOST:PORT or [V6]:PORT. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise UsageError(f"{text!r} is no address with a port (地址要带端口)", hint="for example 127.0.0.1:5070")
    return host.strip("[]"), int(port)


def trusted_keys(texts: Iterable[str]) -> frozenset[bytes]:
    """Public keys as hex, or as files of it (policy_signing.pub). Raises UsageError naming the one that is none."""
    found: set[bytes] = set()
    for text in texts:
        try:
            hexed = Path(text).read_text(encoding="ascii").strip() if Path(text).is_file() else text
            key = bytes.fromhex(hexed.removeprefix(_POLICY_KEY))
        except (OSError, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise UsageError(f"{text!r} is no public key (不是公钥)", where="--trust", hint="64 hex digits, or a file")
        found.add(key)
    return frozenset(found)


def obeyed_keys(home: Path, named: Iterable[str]) -> frozenset[bytes]:
    """The keys whose policies are enforced: this installation's own, those it trusts, and those named."""
    return frozenset(Keys(home, "policy", PolicyError).trusted()) | trusted_keys(named)
