"""Decides how the benchmarks tell whether a limit holds: the figure, the limit, and which of the two is larger."""

from __future__ import annotations


def kept(value: float, most: float, unit: str = "", digits: int = 2) -> str:
    """`1.50 of at most 2 s: kept`, or MISSED."""
    return f"{value:,.{digits}f} of at most {_plain(most, unit)}: {'kept' if value <= most else 'MISSED'}"


def reached(value: float, least: float, unit: str = "", digits: int = 0) -> str:
    """`401,862 of at least 300,000 rows: kept`, or MISSED."""
    return f"{value:,.{digits}f} of at least {_plain(least, unit)}: {'kept' if value >= least else 'MISSED'}"


def _plain(limit: float, unit: str) -> str:
    return (f"{limit:,.0f}" if limit >= 1000 else f"{limit:g}") + (unit and f" {unit}")
