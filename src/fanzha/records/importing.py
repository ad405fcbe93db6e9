"""Decides how a delivered file becomes part of the lake: whole or not at all, each call once."""

from __future__ import annotations

import glob
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from fanzha.errors import InputError, MappingError, StorageError
from fanzha.records.bytestream import CHECK_PATH, head_of, is_parquet
from fanzha.records.callrows import call_rows
from fanzha.records.compaction import compact as sort_parts
from fanzha.records.csvrows import CsvReader
from fanzha.records.detect import detect
from fanzha.records.intake import CallIntake, Intake, Prepared, ReferenceIntake
from fanzha.records.lake import Lake
from fanzha.records.limits import limits
from fanzha.records.mapping import KINDS, Mapping, mapping_of
from fanzha.records.parquetrows import ParquetReader
from fanzha.records.rawrows import RawRows, raw_rows
from fanzha.records.reason import Fault, Reason
from fanzha.records.receipt import Receipt
from fanzha.records.referencerows import reference_rows
from fanzha.records.rows import Rows
from fanzha.records.storage import name_of

_THREADS = 2
_AHEAD = 4  # blocks read before the first of them is taken in
_PARTIAL = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
Progress = Callable[[Path, int], None]


class Reader(Protocol):
    """A file as blocks that may be parsed apart from each other."""

    def blocks(self) -> Iterator[Any]: ...

    def parse(self, block: Any) -> Rows: ...


def import_path(
    lake: Lake,
    path: Path | str,
    *,
    mapping: Mapping | Path | str | None = None,
    kind: str = "calls",
    network: str | None = None,
    progress: Progress | None = None,
) -> list[Receipt]:
    """Import a file, every file of a folder, or those a glob names; one receipt each, in the order of their names.

    Among several files, one that cannot be read gives a receipt that says so (`refused`) and the others go on; a lone
    one raises its InputError. A StorageError always ends the import; the files before it stay stored.
    """
    files = files_of(Path(path))
    receipts = []
    for file in files:
        try:
            last = file == files[-1]
            receipts.append(
                import_file(lake, file, mapping=mapping, kind=kind, network=network, progress=progress, compact=last)
            )
        except InputError as error:
            if len(files) == 1:
                raise
            receipts.append(Receipt(name_of(file), kind, network or "", "", 0, 0, 0, 0, 0, 0, 0, refused=str(error)))
    return receipts


def files_of(path: Path) -> list[Path]:
    """The files that a path means. Raises InputError where there are none."""
    if path.is_dir():
        try:
            found = sorted(file for file in path.rglob("*") if file.is_file() and not is_partial(file))
        except OSError as error:
            raise InputError(f"the folder cannot be read: {error}", where=str(path), hint=CHECK_PATH) from error
        if not found:
            raise InputError("the folder holds no files to import", where=str(path), hint=CHECK_PATH)
        return found
    if path.exists() or not any(sign in str(path) for sign in "*?["):
        return [path]
    matches = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 (absolute globs)
    if not matches:
        raise InputError("no file matches", where=str(path), hint=CHECK_PATH)
    return [file for match in matches for file in (files_of(match) if match.is_dir() else [match])]


def is_partial(file: Path) -> bool:
    """Whether a file's name says that it is still being delivered."""
    return file.name.startswith(".") or file.name.endswith(_PARTIAL)


def import_file(
    lake: Lake,
    path: Path | str,
    *,
    mapping: Mapping | Path | str | None = None,
    kind: str = "calls",
    network: str | None = None,
    progress: Progress | None = None,
    compact: bool = True,
) -> Receipt:
    """Import one complete file: CSV or Parquet, plain, gzip or zstd.

    Nothing is visible before the single transaction at the end. Raises InputError or MappingError for a file that
    cannot be read at all, StorageError for a full disk or a lake that another process is writing; the lake is then as
    it was. `progress` is called with the path and the rows read so far.
    """
    path = Path(path)
    _check_kind(kind)
    head_of(path)
    chosen = detect(path, kind) if mapping is None and path.stat().st_size else _chosen(mapping, kind)
    where = network or chosen.network or "default"
    with lake.writing():
        intake = (CallIntake if kind == "calls" else ReferenceIntake)(lake, path, chosen, where)
        try:
            if path.stat().st_size:
                _run(intake, _reader(path, chosen), path, progress)
            receipt = intake.commit()
        except BaseException:
            intake.abandon()
            raise
        if compact and kind == "calls":
            with suppress(StorageError):  # the file is in; sorting can wait for a better day
                sort_parts(lake.root, lake.manifest)
    return receipt


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise MappingError(f"no such kind of records: {kind}", hint=f"one of: {', '.join(KINDS)}")


def _chosen(mapping: Mapping | Path | str | None, kind: str) -> Mapping:
    chosen = mapping_of(mapping if mapping is not None else "fanzha" if kind == "calls" else f"fanzha-{kind}")
    if chosen.kind != kind:
        raise MappingError(
            f"the mapping {chosen.id} is for {chosen.kind}, not {kind}", hint=f"give --kind {chosen.kind}"
        )
    return chosen


def _reader(path: Path, mapping: Mapping) -> Reader:
    return ParquetReader(path, mapping) if is_parquet(path) else CsvReader(path, mapping)


def _run(intake: Intake, reader: Reader, path: Path, progress: Progress | None) -> None:
    """Parse blocks on two threads, take them in in their order."""
    waiting: deque[Future[Prepared]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for block in reader.blocks():
                waiting.append(pool.submit(_prepare, reader, block, intake))
                if len(waiting) > _AHEAD:
                    intake.take(waiting.popleft().result())
                    if progress is not None:
                        progress(path, intake.rows)
            while waiting:
                intake.take(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()
    if progress is not None:
        progress(path, intake.rows)


def _prepare(reader: Reader, block: Any, intake: Intake) -> Prepared:
    rows = reader.parse(block)
    raw = raw_rows(rows, intake.mapping)
    if intake.mapping.kind == "calls":
        found = call_rows(raw, intake.mapping, intake.network, intake.seen)
        good = Prepared(found.table, found.base, found.named, found.cells)
    else:
        good = reference_rows(raw, intake.mapping, intake.network)
    good.rows = len(rows.numbers) + len(rows.faults)
    good.faults = rows.faults + list(_refused(rows, raw))
    return good


def _refused(rows: Rows, raw: RawRows) -> Iterator[Fault]:
    bad = raw.reasons.nonzero()[0]
    if not len(bad):
        return
    most = limits().longest_raw_chars
    told = zip(
        rows.numbers[bad].tolist(), raw.reasons[bad].tolist(), raw.details[bad].tolist(), rows.raws(bad), strict=True
    )
    for line, reason, detail, text in told:
        yield Fault(line, Reason(reason), raw.names[detail], text[:most])
