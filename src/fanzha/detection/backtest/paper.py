"""Decides how a backtest reads on paper: a PDF in Chinese and English, the same bytes for the same report."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import typst

from fanzha import numbering
from fanzha.detection.backtest.report import Case, Report
from fanzha.errors import FanzhaError, StorageError
from fanzha.vocabulary import settings
from fanzha.vocabulary.loader import decode, read

_HERE = Path(__file__).parent


class _Fonts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: list[str]
    package: str


def pdf(report: Report, *, unmasked: bool = False) -> bytes:
    """The report as PDF; numbers masked unless asked for in full. Raises FanzhaError without a Chinese font."""
    hardest = [_shown(case, report.draft.entity, unmasked) for case in report.hardest]
    stretch = msgspec.structs.replace(
        report.stretch, start=_local(report.stretch.start), end=_local(report.stretch.end)
    )
    told = msgspec.structs.replace(report, hardest=hardest, stretch=stretch)
    said = msgspec.json.encode(told, order="deterministic")
    inputs = {"said": said.decode(), "font": _family()}
    made = typst.compile((_HERE / "backtest.typ").read_bytes(), sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made


def write_pdf(report: Report, path: Path, *, unmasked: bool = False) -> None:
    """Write it whole or not at all. Raises FanzhaError without a Chinese font, StorageError."""
    made, part = pdf(report, unmasked=unmasked), path.with_name(path.name + ".part")
    try:
        part.write_bytes(made)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"cannot be written: {error.strerror}", where=str(path), hint="choose another place"
        ) from error


def _shown(case: Case, entity: str, unmasked: bool) -> Case:
    value = case.value if unmasked or entity != "number" else numbering.mask(case.value)
    return msgspec.structs.replace(case, value=value, first=_local(case.first))


def _local(moment: str) -> str:
    """A moment as people here read it: 2026-11-01 08:00."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(settings().timezone)).strftime("%Y-%m-%d %H:%M")


@cache
def _family() -> str:
    """The first font of fonts.yaml that is installed."""
    fonts = decode(read(_HERE / "fonts.yaml"), _Fonts)
    installed = set(typst.Fonts().families())
    found = next((family for family in fonts.families if family in installed), None)
    if found is None:
        raise FanzhaError("no Chinese font for a PDF", hint=f"apt-get install {fonts.package}")
    return found
