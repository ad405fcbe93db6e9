"""Decides how one rule of a file stands by itself: the file's scheme and defaults, and that rule, as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fanzha.detection.rule import Rule
from fanzha.vocabulary.loader import Document, parse, read


def excerpt(rule: Rule) -> str:
    """The rule's YAML as a file of one rule, its comments with it. Raises VocabularyError where its file is gone."""
    path = Path(rule.where.rpartition(":")[0])
    document = read(path)
    rows = document.data["rules"]
    at = next(at for at, row in enumerate(rows) if row["id"] == rule.id)
    alone = {**document.data, "rules": [rows[at]]}
    text = _cut(path.read_text(encoding="utf-8-sig").splitlines(), document, at)
    return text if parse(text, str(path)).data == alone else _dumped(alone)


def _cut(lines: list[str], document: Document, at: int) -> str:
    head = lines[: document.line("rules")]
    first = document.line("rules", at) - 1
    after = [document.line("rules", at + 1) - 1] if at + 1 < len(document.data["rules"]) else []
    own = lines[first : (after or [len(lines)])[0]]
    while own and (not own[-1].strip() or own[-1].lstrip().startswith("#")):
        own.pop()
    return "\n".join([*(line for line in head if not line.startswith("#")), *own]) + "\n"


def _dumped(data: dict[str, Any]) -> str:
    """Where the file is laid out in a way that cannot be cut."""
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110))
