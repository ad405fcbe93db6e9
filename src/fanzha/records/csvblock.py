"""Decides which lines of a block of CSV are rows: at once where all is well, else one by one."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from fanzha.records.limits import limits
from fanzha.records.lines import QUOTED_LINES, Block
from fanzha.records.mapping import Format, Mapping
from fanzha.records.reason import Fault, Reason
from fanzha.records.rows import Rows
from fanzha.records.text import Int64s

_WRONG_ROWS = 10_000  # a block with more is read line by line


def decoded(line: bytes, encoding: str) -> str | None:
    """A line's text in the first encoding that fits it, or None."""
    for name in ("utf-8", "gb18030") if encoding == "auto" else (encoding,):
        try:
            return line.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def split_line(text: str, form: Format) -> list[str]:
    """The fields of one line, taking a quote that is wrong where it stands as a letter."""
    try:
        return _split([text.rstrip("\r\n")], form, strict=False)
    except csv.Error:
        return text.split(form.delimiter)


def split_lines(lines: list[str], form: Format) -> list[str]:
    """The fields of one row that runs over several lines inside quotes; none where it is no such row."""
    try:
        return _split(lines, form, strict=True)
    except csv.Error:
        return []


def _split(lines: list[str], form: Format, *, strict: bool) -> list[str]:
    if not form.quote:
        return "\n".join(lines).split(form.delimiter)
    return next(csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=strict), [])


class BlockParser:
    """Parses one block: the whole of it at once, or what is left when bad lines are out, or each line with care."""

    def __init__(self, names: Sequence[str], mapping: Mapping) -> None:
        self.names, self.form = list(names), mapping.format
        self.wanted = [name for name in dict.fromkeys(mapping.wanted()) if name in self.names]
        self.least = len(names) if self.form.header else len(self.form.columns) - self.form.missing
        self.most = len(names) if self.form.header else len(self.form.columns)
        self.faults: list[Fault] = []

    def parse(self, block: Block) -> Rows:
        self.faults = list(block.faults)
        data = block.data
        count = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        if not count or not self.names:
            return Rows({}, np.zeros(0, np.int64), self.faults)
        plain = data.isascii() or (self.form.encoding != "gb18030" and _is_utf8(data))
        if plain and b"\0" not in data:
            numbers = np.arange(block.first, block.first + count, dtype=np.int64)
            rows = self._fast(data, numbers, _Lines(data))
            if rows is not None:
                return rows
        return self._sieved(block)

    def _fast(self, data: bytes, numbers: Int64s, texts: Sequence[bytes]) -> Rows | None:
        # Anything unusual (a blank line, a quoted line break) shows as an error or as another number of rows.
        wrong: list[pacsv.InvalidRow] = []

        def skip(row: pacsv.InvalidRow) -> str:
            wrong.append(row)
            return "skip" if len(wrong) <= _WRONG_ROWS else "error"

        try:
            table = pacsv.read_csv(
                pa.py_buffer(data),
                read_options=pacsv.ReadOptions(
                    column_names=self.names, use_threads=False, block_size=max(len(data) + 1, 1 << 16)
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.form.delimiter,
                    quote_char=self.form.quote or False,
                    ignore_empty_lines=True,
                    invalid_row_handler=skip if self.least == self.most else None,
                ),
                convert_options=pacsv.ConvertOptions(
                    check_utf8=False,
                    column_types={name: pa.string() for name in self.names},
                    include_columns=self.wanted,
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        places = [row.number - 1 for row in wrong if row.number is not None and self._is_no_row(row.text)]
        if table.num_rows + len(places) != len(numbers) or len(places) != len(wrong):
            return None
        columns = {name: _one_chunk(table.column(name)) for name in self.wanted}
        if not places:
            return Rows(columns, numbers, self.faults, texts)
        for place, row in zip(places, wrong, strict=True):
            self._refuse_width(int(numbers[place]), row.actual_columns, texts[place])
        kept = np.delete(np.arange(len(numbers)), places)
        return Rows(columns, numbers[kept], self.faults, _Chosen(texts, kept))

    def _is_no_row(self, text: str) -> bool:
        """Whether a line of the wrong width is only that: no part of a longer row, nor one with a comma too many."""
        quoted = bool(self.form.quote) and self.form.quote in text
        return not quoted and not text.rstrip().endswith(self.form.delimiter)

    def _refuse_width(self, line: int, cells: int, raw: bytes) -> None:
        self._refuse(line, Reason.FIELDS, f"{cells} instead of {len(self.names)}", raw)

    def _sieved(self, block: Block) -> Rows:
        """Take out blank, NUL and undecodable lines; try the rest at once, and if that fails too, line by line."""
        texts: list[bytes] = []
        numbers: list[int] = []
        for at, line in enumerate(block.data.split(b"\n"), start=block.first):
            line = line.rstrip(b"\r")
            if not line.strip(b" \t"):
                continue
            text = decoded(line, self.form.encoding)
            if b"\0" in line:
                self._refuse(at, Reason.NUL, "", line)
            elif text is None:
                self._refuse(at, Reason.ENCODING, "", line)
            else:
                texts.append(line if self.form.encoding != "gb18030" and _is_utf8(line) else text.encode())
                numbers.append(at)
        rows = self._fast(b"\n".join(texts), np.array(numbers, np.int64), texts) if texts else None
        return self._careful(texts, numbers) if rows is None else rows

    def _careful(self, texts: list[bytes], numbers: list[int]) -> Rows:
        rows: list[list[str]] = []
        lines: list[int] = []
        kept: list[bytes] = []
        at = 0
        while at < len(texts):
            cells, used = self._row(texts, at)
            while cells and len(cells) > self.most and not cells[-1]:
                cells.pop()  # a delimiter at the end of the line
            if cells is not None and self.least <= len(cells) <= self.most:
                rows.append((cells + [""] * len(self.names))[: len(self.names)])
                lines.append(numbers[at])
                kept.append(b"\n".join(texts[at : at + used]))
            elif cells is None:
                self._refuse(numbers[at], Reason.QUOTE, "", texts[at])
            else:
                self._refuse_width(numbers[at], len(cells), texts[at])
            at += used
        places = [(name, self.names.index(name)) for name in self.wanted]
        columns = {name: pa.array([row[place] for row in rows], pa.string()) for name, place in places}
        return Rows(columns, np.array(lines, np.int64), self.faults, kept)

    def _row(self, texts: list[bytes], at: int) -> tuple[list[str] | None, int]:
        """The fields of the row that begins at a line and how many lines it takes; None where a quote never closes."""
        text = texts[at].decode()
        try:
            return _split([text], self.form, strict=True), 1
        except csv.Error:
            if text.count(self.form.quote) % 2 == 0:
                return split_line(text, self.form), 1
        for used in range(2, min(QUOTED_LINES, len(texts) - at) + 1):
            lines = b"\n".join(texts[at : at + used]).decode().splitlines(keepends=True)
            if sum(line.count(self.form.quote) for line in lines) % 2 == 0:
                # A stray quote must not swallow the good rows after it: only a row of the right width is believed.
                cells = split_lines(lines, self.form)
                return (cells, used) if self.least <= len(cells) <= self.most else (None, 1)
        return None, 1

    def _refuse(self, line: int, reason: Reason, detail: str, raw: bytes) -> None:
        self.faults.append(Fault(line, reason, detail, raw[: limits().longest_raw_chars].decode("utf-8", "replace")))


class _Chosen(Sequence[bytes]):
    """Some of the lines of a block."""

    def __init__(self, texts: Sequence[bytes], places: Int64s) -> None:
        self._texts, self._places = texts, places

    def __getitem__(self, at: int) -> bytes:  # type: ignore[override]
        return self._texts[int(self._places[at])]

    def __len__(self) -> int:
        return len(self._places)


class _Lines(Sequence[bytes]):
    """The lines of a block, split only when one is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._split: list[bytes] | None = None

    def __getitem__(self, at: int) -> bytes:  # type: ignore[override]
        if self._split is None:
            self._split = self._data.split(b"\n")
        return self._split[at].rstrip(b"\r")

    def __len__(self) -> int:
        return self._data.count(b"\n")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
