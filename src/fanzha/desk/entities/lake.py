"""Decides what is read from the lake about one number, device or cell: its portrait and the calls to show."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.masking.subject import Subject
from fanzha.errors import FanzhaError

if TYPE_CHECKING:
    from fanzha.detection.explain import Explanation
    from fanzha.detection.pack import Pack
    from fanzha.detection.subject import Subject as Known
    from fanzha.records.lake import Lake

_log = logging.getLogger(__name__)
SHOWN = 60  # call records on a page, beside those of the evidence
PLOTTED = 1500  # dots in the timeline
READ = {"device": 7, "cell": 1}  # days


@dataclass(frozen=True)
class Row:
    """One call as its page shows it. ring and talk in seconds; talk None: not answered."""

    id: int
    at: datetime
    outgoing: bool
    peer: Subject | None
    ring: float | None
    talk: float | None
    cell: Subject | None
    device: Subject | None
    evidence: bool


@dataclass(frozen=True)
class Portrait:
    """What the lake knows of a subject. `rows`: evidence and the latest; `dots`: all that the timeline draws."""

    found: Explanation
    rows: list[Row]
    dots: list[tuple[float, bool, float, bool]]  # epoch ms, outgoing, talked s (-1 not answered), evidence
    total: int
    places: dict[str, dict[str, Any]]  # rows of the reference table `cells`, by the cell's name
    days: int | None  # how many were read; None for all


def portrait(subject: Subject, evidence: frozenset[int] = frozenset(), *, until: datetime | None = None) -> Portrait:
    """Read it. `evidence`: ids of the records behind an alert, the last of them at `until`.

    Of a device or cell, which may have very many calls, only READ days are read, up to `until` or the last call in
    the lake.
    Raises FanzhaError where no call knows the subject.
    """
    from fanzha.detection.explain import explain
    from fanzha.records.lake import Lake

    with Lake(settings.HOME) as lake:
        who, days = _known(lake, subject), READ.get(subject.kind)
        start, end = _span(lake, subject.network, days, until)
        found = explain(lake, _pack(), who, network=subject.network, start=start, end=end, judged=False)
        calls = found.calls
        if not calls.num_rows:
            raise FanzhaError(_("没有任何通话涉及它"))
        chosen = _chosen(calls.column("id").to_pylist(), evidence)
        rows = [_row(lake, row, who.key, subject, evidence) for row in calls.take(chosen).to_pylist()]
        dots = _dots(calls, who.key, subject.kind, evidence)
        return Portrait(found, rows[::-1], dots, calls.num_rows, _places(lake, subject, found), days)


def _span(
    lake: Lake, network: str, days: int | None, until: datetime | None
) -> tuple[datetime | None, datetime | None]:
    last = until or lake.span(network)[1]
    if days is None or last is None:
        return None, None
    end = last + timedelta(seconds=1)
    return end - timedelta(days=days), end


def _places(lake: Lake, subject: Subject, found: Explanation) -> dict[str, dict[str, Any]]:
    names = [each.name for each in found.cells] + ([subject.value] if subject.kind == "cell" else [])
    keys = {lake.cell_key(name): name for name in names}
    rows = lake.reference_of("cells", "cell", list(keys), subject.network).to_pylist()
    return {keys[row["cell"]]: row for row in rows}


def _known(lake: Lake, subject: Subject) -> Known:
    """The subject by the lake's own key."""
    from fanzha.detection.subject import KINDS
    from fanzha.detection.subject import Subject as Known

    if subject.kind == "number":
        key = numbering.parse(subject.value).number
    else:
        key = lake.device_key(subject.value) if subject.kind == "device" else lake.cell_key(subject.value)
    return Known(KINDS[subject.kind], key, subject.value)


def warm() -> None:
    """Compile and load what the first person would otherwise wait for; silent where there is nothing to read yet."""
    from fanzha.desk.alerts.models import Alert

    try:
        alert = Alert.objects.order_by("-taken_at").first()
        if alert is not None:
            portrait(alert.subject)
    except Exception as error:
        _log.info("nothing to warm up with: %s", error)


def read_ahead(now: datetime) -> int:
    """For a timer: the figures of one group of peers, so that nobody waits for them; how many were read."""
    from fanzha.desk.entities.peers import refresh

    return refresh(now)


@cache
def _pack() -> Pack:
    from fanzha.detection.pack import load_pack

    return load_pack()


def _chosen(ids: list[int], evidence: frozenset[int]) -> list[int]:
    """Places of the evidence and of the latest others, oldest first."""
    latest = range(max(0, len(ids) - SHOWN), len(ids))
    return sorted({at for at, each in enumerate(ids) if each in evidence} | set(latest))


def _row(lake: Lake, row: dict[str, Any], key: int, subject: Subject, evidence: frozenset[int]) -> Row:
    outgoing = subject.kind != "number" or row["caller"] == key
    side = "callee" if outgoing else "caller"
    peer = row[side]
    cell, imei = row["caller_cell" if outgoing else "callee_cell"], row["caller_imei" if outgoing else "callee_imei"]
    return Row(
        id=row["id"],
        at=row["started"],
        outgoing=outgoing,
        peer=None if not peer else _near(subject, "number", numbering.display(peer, row[f"{side}_raw"])),
        ring=None if row["ring_ms"] is None else row["ring_ms"] / 1000,
        talk=None if row["answered"] is None else (row["talk_ms"] or 0) / 1000,
        cell=None if cell is None else _near(subject, "cell", lake.cell_name(cell)),
        device=None if imei is None or imei < 0 else _near(subject, "device", f"{imei:015d}"),
        evidence=row["id"] in evidence,
    )


def _near(subject: Subject, kind: str, value: str) -> Subject:
    """What was seen with a subject is seen from the subject's network and region."""
    return Subject(kind, value, subject.network, subject.region)


def _dots(calls: Any, key: int, kind: str, evidence: frozenset[int]) -> list[tuple[float, bool, float, bool]]:
    columns = ("id", "started", "caller", "answered", "talk_ms")
    last = calls.select(columns).slice(max(0, calls.num_rows - PLOTTED)).to_pylist()
    return [
        (
            row["started"].timestamp() * 1000,
            kind != "number" or row["caller"] == key,
            -1 if row["answered"] is None else round((row["talk_ms"] or 0) / 1000, 1),
            row["id"] in evidence,
        )
        for row in last
    ]
