"""Writes a model's files with a signature over all of them, and reads back only what a trusted key signed, whole."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fanzha import signing
from fanzha.detection.models.keys import fingerprint, public_text, signing_key, trusted_keys
from fanzha.errors import ModelError

FORMAT = "fanzha-model/1"
SIGNATURE = "signature.json"
SIGNER = "signer.pub"
_RETRAIN = "train it again, or take an untouched copy"


class _Signature(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    format: str
    key: str
    files: dict[str, str]
    signature: str


def write_signed(folder: Path, files: Mapping[str, bytes], home: Path) -> None:
    """Puts `files` and their signature into `folder`, all or nothing; replaces a model that is there already.

    Raises ModelError where the folder holds anything else, or cannot be written.
    """
    secret = signing_key(home)
    public = signing.public_key(secret)
    content = {**files, SIGNER: public_text(public).encode("ascii")}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    signature = signing.sign(secret, _manifest(sums))
    note = _Signature(FORMAT, public.hex(), sums, signature.hex())
    content[SIGNATURE] = msgspec.json.format(msgspec.json.encode(note)) + b"\n"
    try:
        _replace(folder, content)
    except OSError as error:
        raise ModelError(
            f"cannot be written: {error.strerror}", where=str(folder), hint="choose another --out"
        ) from error


def refuse_unless_free(folder: Path) -> None:
    """Raises ModelError where `folder` exists and is not a model: training must not end by deleting other files."""
    taken = folder.exists() and not (folder / SIGNATURE).is_file()
    if taken and not (folder.is_dir() and not any(folder.iterdir())):
        raise ModelError("is there already and is no model", where=str(folder), hint="choose another --out")


def read_signed(folder: Path, home: Path, trust: Path | None = None) -> dict[str, bytes]:
    """The files of a model, after every byte was checked against a signature of a trusted key.

    Raises ModelError for a missing, changed or additional file, a broken signature, or a signer not trusted here.
    """
    if not folder.is_dir():
        raise ModelError("no such model", where=str(folder), hint="give the directory that `fanzha train --out` wrote")
    try:
        content = {path.name: _bytes(path) for path in sorted(folder.iterdir())}
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=str(folder), hint=_RETRAIN) from error
    note = _note(folder, content.pop(SIGNATURE, None))
    _check_signature(folder, note, trusted_keys(home, trust))
    _check_files(folder, note, content)
    return content


def _manifest(sums: Mapping[str, str]) -> bytes:
    """The very bytes that are signed: format and file hashes, in one canonical spelling."""
    return msgspec.json.encode({"format": FORMAT, "files": dict(sums)}, order="sorted")


def _replace(folder: Path, content: Mapping[str, bytes]) -> None:
    refuse_unless_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    fresh.mkdir()
    try:
        for name, data in content.items():
            (fresh / name).write_bytes(data)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _bytes(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise ModelError(f"{path.name} is not a plain file", where=str(path.parent), hint=_RETRAIN)
    return path.read_bytes()


def _note(folder: Path, data: bytes | None) -> _Signature:
    if data is None:
        raise ModelError(f"no {SIGNATURE}: this model was never signed", where=str(folder), hint=_RETRAIN)
    try:
        note = msgspec.json.decode(data, type=_Signature)
        bytes.fromhex(note.key), bytes.fromhex(note.signature)
    except (msgspec.DecodeError, ValueError) as error:
        raise ModelError(f"{SIGNATURE} is damaged", where=str(folder), hint=_RETRAIN) from error
    if note.format != FORMAT:
        raise ModelError(f"format {note.format!r} is not {FORMAT}", where=str(folder), hint="train it again")
    return note


def _check_signature(folder: Path, note: _Signature, trusted: set[bytes]) -> None:
    key = bytes.fromhex(note.key)
    if key not in trusted:
        raise ModelError(
            f"signed by {fingerprint(key)}, which is not trusted here",
            where=str(folder),
            hint="if you know who trained it: --trust KEYFILE with the signer's keys/model_signing.pub, or copy that "
            "file into FANZHA_HOME/keys/trusted/; or set FANZHA_HOME to where it was trained",
        )
    if not signing.verify(key, _manifest(note.files), bytes.fromhex(note.signature)):
        raise ModelError("the signature does not fit: the list of files was changed", where=str(folder), hint=_RETRAIN)


def _check_files(folder: Path, note: _Signature, content: Mapping[str, bytes]) -> None:
    for problem, names in (
        ("missing", note.files.keys() - content.keys()),
        ("unknown", content.keys() - note.files.keys()),
        ("changed", {n for n in content.keys() & note.files.keys() if _sum(content[n]) != note.files[n]}),
    ):
        if names:
            raise ModelError(f"{problem}: {', '.join(sorted(names))}", where=str(folder), hint=_RETRAIN)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
