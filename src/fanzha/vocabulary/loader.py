"""Decides which YAML is taken and refuses all that is not plainly right, naming file and line, for whoever edits it.

Stricter than YAML itself, since a slip here blocks calls: duplicate keys, anchors, unknown keys and unquoted numbers
with a leading zero (area codes!) are errors; `no` and `on` are words, not booleans. An operator's own files, in the
directory named by the environment variable FANZHA_VOCABULARY, replace the package's files of the same name.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import yaml

from fanzha.errors import VocabularyError

T = TypeVar("T")
Key = str | int
PACKAGE = Path(__file__).parent
OVERRIDE = "FANZHA_VOCABULARY"

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Composes nodes only; words become values in `_scalar` below."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?[0-9][0-9_]*", "-+0123456789"),
    ("float", r"[-+]?[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


@dataclass(frozen=True)
class Document:
    """A read YAML file: its plain data and the line on which each node begins."""

    file: str
    data: Any
    lines: dict[tuple[Key, ...], int]

    def line(self, *path: Key) -> int:
        """Line (from 1) of the node at `path`, or of its nearest ancestor that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, *path: Key) -> str:
        """`file:line` of the node at `path`, for an error's `where`."""
        return f"{self.file}:{self.line(*path)}"


def locate(name: str) -> Path:
    """The file of the vocabulary called `name`: the operator's if there is one, else the package's."""
    directory = os.environ.get(OVERRIDE)
    if directory:
        if not Path(directory).is_dir():
            raise VocabularyError(
                f"{OVERRIDE} names {directory!r}, which is not a directory", hint=f"create it, or unset {OVERRIDE}"
            )
        own = Path(directory) / f"{name}.yaml"
        if own.is_file():
            return own
    return PACKAGE / f"{name}.yaml"


def read(path: Path) -> Document:
    """Read one YAML file strictly. Raises VocabularyError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise VocabularyError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise VocabularyError("is not UTF-8", where=str(path), hint="save the file as UTF-8") from None
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Like `read`, for text at hand; `file` is what errors call it."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise VocabularyError(f"not YAML: {error.problem}", where=f"{file}:{line}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise VocabularyError(f"not YAML: {error.reason}", where=f"{file}:{line}") from None
    except yaml.YAMLError as error:
        raise VocabularyError(f"not YAML: {error}".splitlines()[0], where=file) from None
    if root is None:
        raise VocabularyError("is empty", where=file)
    lines: dict[tuple[Key, ...], int] = {}
    try:
        return Document(file, _value(root, (), lines, file, set()), lines)
    except RecursionError:
        raise VocabularyError("is nested too deeply", where=file) from None


def _value(node: yaml.Node, path: tuple[Key, ...], lines: dict[tuple[Key, ...], int], file: str, seen: set[int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        raise _error("anchors and aliases are not allowed", node, file, "write the value out where it is used")
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, file)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines, file, seen) for i, item in enumerate(node.value)]
    found: dict[Key, Any] = {}
    for key_node, item in node.value:
        key = _scalar(key_node, file) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            raise _error("a key must be a word or a whole number", key_node, file)
        if key in found:
            raise _error(f"key {key!r} stands twice", key_node, file, f"first on line {lines[(*path, key)]}; keep one")
        lines[(*path, key)] = key_node.start_mark.line + 1
        found[key] = _value(item, (*path, key), lines, file, seen)
    return found


def _scalar(node: yaml.ScalarNode, file: str) -> Any:
    word: str = node.value
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "str":
        return word
    if kind in ("int", "float") and re.match(r"[-+]?0[0-9]", word):
        raise _error(f"{word} has a leading zero", node, file, f'a code is text: write "{word}"')
    try:
        if kind == "timestamp":
            return msgspec.convert(word, type=date)
        if kind == "null":
            return None
        if kind == "bool":
            return {"true": True, "false": False}[word]
        return {"int": int, "float": float}[kind](word.replace("_", ""))
    except (KeyError, ValueError, msgspec.ValidationError):
        raise _error(f"{word!r} is not a {kind}", node, file) from None


def _error(message: str, node: yaml.Node, file: str, hint: str = "") -> VocabularyError:
    return VocabularyError(message, where=f"{file}:{node.start_mark.line + 1}", hint=hint)


def decode(document: Document, type_: type[T], hint: str = "compare with the package's own file of this name") -> T:
    """The document's data as `type_` (a msgspec Struct). Raises VocabularyError with file and line; hint: where one
    sees how such a file is written."""
    try:
        return msgspec.convert(document.data, type=type_, str_keys=True)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        unknown = re.search(r"unknown field `([^`]+)`", message)
        at = _follow(document.data, path.removeprefix("key` in `").rstrip("`"), unknown.group(1) if unknown else None)
        if path.startswith("key` in `"):
            at = (*at, *_misfit(document, at, message))
        raise VocabularyError(message, where=document.where(*at), hint=_hint(message) or hint) from None


def _misfit(document: Document, at: tuple[Key, ...], message: str) -> tuple[Key, ...]:
    """The first key of a table that does not match the pattern its keys should have."""
    pattern = re.search(r"matching regex '(.+)'", message)
    table = document.data
    for step in at:
        table = table[step]
    return tuple(key for key in table if pattern and not re.search(pattern[1], str(key)))[:1]


def _hint(message: str) -> str:
    if "unknown field" in message:
        return "check the spelling; every key must be one that Fanzha knows"
    return ""


def _follow(data: Any, path: str, field: str | None) -> tuple[Key, ...]:
    """The node that msgspec's path means; `[...]` (any key) is resolved by the unknown field, where there is one."""
    found: tuple[Key, ...] = ()
    for name, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path.replace("$", "", 1)):
        step: Key | None = name or (int(index) if index.isdigit() else _holder(data, field))
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return found
        found = (*found, step) if step is not None else found
    return (*found, field) if field else found


def _holder(data: Any, field: str | None) -> Key | None:
    items = data.items() if isinstance(data, dict) else ()
    return next((key for key, value in items if isinstance(value, dict) and field in value), None)


@cache
def _load(path: Path, _changed: int, type_: Any) -> Any:
    return decode(read(path), type_)


def load(name: str, type_: type[T]) -> T:
    """The vocabulary `name` (without .yaml) decoded into `type_`; read once, and again if the file changes."""
    path = locate(name)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise VocabularyError(f"cannot be read: {error.strerror}", where=str(path)) from None
    found: T = _load(path, changed, cast(Any, type_))
    return found
