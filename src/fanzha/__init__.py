"""Fanzha (反诈) finds fraud in telecom records, says why, and stops nobody without a way back."""

__version__ = "0.1.0"
