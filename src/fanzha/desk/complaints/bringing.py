"""Decides what a CSV of the 12321 centre comes to: each row new, repeated, known or faulty; brought again, nothing."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from fanzha.desk.complaints.actions import Said, place, read, take_all
from fanzha.desk.complaints.choices import Kind
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.sameness import Came, Known
from fanzha.desk.complaints.terms import terms
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.pages.span import within
from fanzha.errors import Refused

_NEEDED = 3  # of the columns in terms.yaml


@dataclass(frozen=True)
class Brought:
    """rows = new + repeated + known + faulty; errors: the first of them, (line of the file, what is wrong)."""

    rows: int
    new: int
    repeated: int
    known: int
    faulty: int
    errors: list[tuple[int, str]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """For REST."""
        return {**asdict(self), "errors": [{"row": row, "problem": problem} for row, problem in self.errors]}


def content_of(file: UploadedFile) -> bytes:
    """Raises Refused where it is too large."""
    if (file.size or 0) > terms().file_bytes:
        raise Refused(_("文件过大，不超过 %(most)s MB") % {"most": terms().file_bytes // 1048576})
    return bytes(file.read())


def trial(by: User, network: str, way: str, content: bytes) -> Brought:
    """What `bring` would come to now; nothing is kept. Raises PermissionDenied, Refused."""
    home = place(by, network)
    fresh, faulty = _judged(by, home, way, content, timezone.now())
    known = Known(network, fresh)
    return _counted([known.take(each)[1] for each in fresh], faulty)


def bring(by: User, network: str, way: str, content: bytes) -> Brought:
    """Take every good row in, in one transaction; faulty rows are set aside and told. Raises as `trial`."""
    home, now = place(by, network), timezone.now()
    fresh, faulty = _judged(by, home, way, content, now)
    return _counted([came for _row, came in take_all(by, home, fresh, now)], faulty)


def template() -> str:
    """The headings and one example, as CSV."""
    return (
        ",".join(terms().columns)
        + "\r\nJB-2026-000001,13812345678,13987654321,涉嫌诈骗,2026-11-22 09:30,自称公安局要求转账\r\n"
    )


def _judged(
    by: User, home: Network, way: str, content: bytes, now: datetime
) -> tuple[list[Complaint], list[tuple[int, str]]]:
    fresh, faulty = [], []
    for line, cells in _rows(content):
        try:
            fresh.append(read(by, home, _said(cells, way), now))
        except Refused as refused:
            faulty.append((line, refused.message))
    return fresh, faulty


def _said(cells: Mapping[str, str], way: str) -> Said:
    kind, at = cells.get("kind", ""), _moment(cells.get("at", ""))
    if kind not in terms().kinds and kind not in Kind.values:
        raise Refused(_("举报类型“%(kind)s”不在所列之内") % {"kind": kind[:20]})
    if not cells.get("reference"):
        raise Refused(_("缺少举报编号"))
    return Said(
        cells.get("number", ""), cells.get("complainant", ""), terms().kinds.get(kind, kind), way,
        cells["reference"], cells.get("told", ""), at,
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    """Local time where it names no zone. Raises Refused."""
    if not text:
        return None
    try:
        at = parse_datetime(text.replace("/", "-"))
    except ValueError:
        at = None
    if at is not None and not at.tzinfo:
        at = timezone.make_aware(at)
    if at is None or not within(at):
        raise Refused(_("举报时间无法识别"), hint="2026-11-22 09:30")
    return at


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """(line of the file, {column: cell}) of each row that is not empty. Raises Refused."""
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        heads = [terms().columns.get(cell.strip(), "") for cell in next(reader, [])]
        missing = [zh for zh, name in list(terms().columns.items())[:_NEEDED] if name not in heads]
        if missing:
            raise Refused(_("缺少列：%(names)s") % {"names": "、".join(missing)}, hint=_("请下载模板，按其表头填写"))
        taken = 0
        for row in reader:
            cells = {name: cell.strip() for name, cell in zip(heads, row, strict=False) if name and cell.strip()}
            if not cells:
                continue
            taken += 1
            if taken > terms().file_rows:
                raise Refused(_("一次最多导入 %(most)s 行") % {"most": terms().file_rows})
            yield reader.line_num, cells
    except csv.Error as error:
        raise Refused(_("不是可读取的 CSV"), where=_("第 %(line)s 行") % {"line": reader.line_num}) from error


def _text(content: bytes) -> str:
    """UTF-8, or GB 18030 as office programs here write it. Raises Refused."""
    if b"\0" in content:
        raise Refused(_("不是可读取的 CSV"))
    for name in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    raise Refused(_("文件编码无法识别"), hint="UTF-8, GB 18030")


def _counted(came: list[Came], faulty: list[tuple[int, str]]) -> Brought:
    number = Counter(came)
    return Brought(
        len(came) + len(faulty), number[Came.NEW], number[Came.REPEATED], number[Came.KNOWN], len(faulty),
        faulty[: terms().errors_shown],
    )  # fmt: skip
