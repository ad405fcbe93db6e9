"""Decides what the overview's Excel holds: the page's tables, one a sheet, written row by row in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from fanzha.desk.excel.writing import Sheet
from fanzha.desk.overview.change import percent
from fanzha.desk.overview.figures import DAYS, Overview

Cell = str | int | float
Table = tuple[str, Sequence[str], list[Sequence[Cell]]]


def tables(found: Overview) -> list[Table]:
    """Title, heading and rows of each table; the daily report prints the same."""
    made: list[Table] = [
        (
            _("当日指标"),
            (_("指标"), _("当日"), _("前一日"), _("环比"), _("上年同日"), _("同比")),
            [(f.label, f.now, f.before, f.day_on_day, f.year, f.year_on_year) for f in found.counts],
        ),
        (
            _("近 %(days)s 天办理漏斗") % {"days": DAYS},
            (_("环节"), _("数量"), _("占收到")),
            [(s.label, s.number, percent(s.share if found.funnel[0].number else None)) for s in found.funnel],
        ),
        (_("近 %(days)s 天误停与复通") % {"days": DAYS}, (_("指标"), _("数值")), _rates(found)),
        (
            _("时限"),
            (_("事项"), _("近 %(days)s 天超时") % {"days": DAYS}, _("现仍超时")),
            [(late.label, late.missed, late.standing) for late in found.late],
        ),
    ]
    if found.operators:
        head = (
            _("运营商"), _("预警"), _("研判率"), _("停机类处置"), _("误停"), _("误停率"), _("申诉"), _("申诉及时率"),
        )  # fmt: skip
        rows: list[Sequence[Cell]] = [
            (o.name, o.alerts, o.judged_share, o.stops, o.wrong, o.wrong_share, o.appeals, o.in_time_share)
            for o in found.operators
        ]
        made.append((_("近 %(days)s 天按运营商") % {"days": DAYS}, head, rows))
    return made


def sheets(made: Iterable[Table]) -> list[Sheet]:
    """The workbook."""
    return [Sheet([head, *rows], title=title, bold=True) for title, head, rows in made]


def _rates(found: Overview) -> list[Sequence[Cell]]:
    told = found.rates
    return [
        (_("停机类处置"), told.stops),
        (_("误停"), told.wrong),
        (_("误停率"), percent(told.wrong_share)),
        (_("复通时长 P50（小时）"), _hours(told.restored_p50)),
        (_("复通时长 P90（小时）"), _hours(told.restored_p90)),
    ]


def _hours(seconds: float | None) -> Cell:
    return "—" if seconds is None else round(seconds / 3600, 2)
