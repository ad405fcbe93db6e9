"""Decides how the benchmarks tell whether a limit holds: the figure, the limit, and which of the two is larger."""

from __future__ import annotations


def kept(value: float, most: float, unit: str = "", digits: int = 2) -> str:
    """`1.50 of at most 2 s: kept`, or MISSED."""
    return f"{value:.{digits}f} of at most {most:g}{unit and ' ' + unit}: {'kept' if value <= most else 'MISSED'}"
