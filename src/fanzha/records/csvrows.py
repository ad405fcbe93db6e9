"""Decides how a CSV is taken apart: its header against the mapping, then block after block of its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fanzha.records.bytestream import pieces
from fanzha.records.csvblock import BlockParser, decoded, split_line
from fanzha.records.limits import limits
from fanzha.records.lines import Block, blocks
from fanzha.records.mapping import Format, Mapping
from fanzha.records.rows import Rows, require_columns


class CsvReader:
    """Reads one CSV by a mapping; `blocks` may be parsed by several threads, for `parse` keeps nothing between them.

    Raises MappingError where the header lacks a column that the mapping needs.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path, self.mapping = path, mapping
        self._blocks = blocks(pieces(path), size=limits().block_bytes, longest=limits().longest_line_bytes)
        self._first = next(self._blocks, None)
        self.names = self._header(mapping.format) if self._first is not None and self._first.data else []

    def blocks(self) -> Iterator[Block]:
        """The blocks of lines after the header."""
        if self._first is not None:
            yield self._first
        yield from self._blocks

    def parse(self, block: Block) -> Rows:
        """The rows of one block; everything that is no row is among its faults."""
        return BlockParser(self.names, self.mapping).parse(block)

    def _header(self, form: Format) -> list[str]:
        assert self._first is not None
        line, _, rest = self._first.data.partition(b"\n")
        cells = split_line(decoded(line, form.encoding) or "", form)
        if form.header:
            self._first = Block(rest, self._first.first + 1, self._first.faults)
            names = _distinct([name.strip() for name in cells])
        else:
            width = min(max(len(cells), len(form.columns) - form.missing), len(form.columns))
            names = list(form.columns[:width])
        require_columns(self.mapping, names, self.path)
        return names


def _distinct(names: list[str]) -> list[str]:
    """Names of columns, of which a second of the same name is called name#2."""
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        names[at] = name if seen[name] == 1 else f"{name}#{seen[name]}"
    return names
