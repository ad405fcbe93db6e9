"""Decides how a line of the desk's log looks: no number in full, whoever put it into an address or an error."""

from __future__ import annotations

import logging
import re

from fanzha import numbering

_RUN = re.compile(r"\+?[0-9]{7,}")


class Masked(logging.Formatter):
    """A formatter that hides the middle of every long run of digits, in tracebacks as well."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return _RUN.sub(lambda run: numbering.mask(run[0]), super().format(record))
