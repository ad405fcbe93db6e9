"""Decides which files are taken as proof, by their content, and keeps them where only the desk can read them."""

from __future__ import annotations

import datetime
import hashlib
import os
import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from fanzha.errors import Refused
from fanzha.vocabulary import decode, read


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of file."""

    id: str
    begins: str
    mime: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See proofs.yaml."""

    files: int
    bytes: int
    kinds: list[Kind]
    source: str
    as_of: datetime.date


@cache
def limits() -> Limits:
    """From proofs.yaml."""
    return decode(read(Path(__file__).with_name("proofs.yaml")), Limits)


class Kept(msgspec.Struct, frozen=True):
    """A file that was taken."""

    name: str
    kind: str
    size: int
    sha256: str
    stored: str


def check(files: Sequence[UploadedFile]) -> list[tuple[str, str, bytes]]:
    """(name, kind, content) of each. Raises Refused for too many, too large, or of no known kind."""
    if len(files) > limits().files:
        raise Refused(_("最多上传 %(most)s 个文件") % {"most": limits().files})
    return [_checked(file) for file in files]


def keep(name: str, kind: str, content: bytes) -> Kept:
    """Write a checked file under a name that tells nothing."""
    stored = f"{secrets.token_hex(16)}.{kind}"
    path = folder() / stored
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Kept(name, kind, len(content), hashlib.sha256(content).hexdigest(), stored)


def folder() -> Path:
    """FANZHA_HOME/proofs."""
    return Path(settings.HOME) / "proofs"


def mime(kind: str) -> str:
    """What a browser is told."""
    return next((each.mime for each in limits().kinds if each.id == kind), "application/octet-stream")


def digest_of(file: UploadedFile) -> bytes:
    """Of what was sent; it is read again afterwards."""
    found = hashlib.sha256((file.name or "").encode())
    for part in file.chunks():
        found.update(part)
    file.seek(0)
    return found.digest()


def _checked(file: UploadedFile) -> tuple[str, str, bytes]:
    name = Path(file.name or "file").name[:120]
    if (file.size or 0) > limits().bytes:
        raise Refused(_("文件过大，每个不超过 %(most)s MB") % {"most": limits().bytes // 1048576}, where=name)
    content = file.read()
    kind = next((each.id for each in limits().kinds if content.startswith(bytes.fromhex(each.begins))), "")
    if not kind:
        raise Refused(_("只接受 JPG、PNG、PDF 文件"), where=name)
    return name, kind, content
