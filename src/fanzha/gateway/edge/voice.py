"""Decides how what Kamailio says is told: as lines of our own log, numbers masked, and of what repeats only some.

Kamailio writes whole messages of others into its errors. Anybody who can send it a packet could so fill the disk, and
numbers of people would stand there in full.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from typing import BinaryIO

_LOG = logging.getLogger("fanzha.edge.kamailio")
_LINE = re.compile(r" *\d+\(\d+\) ([A-Z]+): (.*)")  # process, level, text
_PLACE = re.compile(r"\[[\w/]{1,40}\.[chy]:\d{1,6}\]|<script>")
_LEVELS = {"INFO": logging.INFO, "NOTICE": logging.INFO, "DEBUG": logging.DEBUG, "WARNING": logging.WARNING}
_NO_FAULT = re.compile(r"child process \d+ exited normally, status=0$")  # which it calls an alert, of every worker
_LONGEST, _FIRST = 500, 40  # characters of a line; lines told whatever they are: what it says while it starts


class Voice:
    """One Kamailio's standard output and error. `tell` goes on until it has closed them."""

    def __init__(self) -> None:
        reading, self.end = os.pipe()
        os.set_blocking(self.end, False)  # where nobody listens words are lost: no call waits for its log
        self._heard: BinaryIO = os.fdopen(reading, "rb")
        self._lines = 0
        self._thread = threading.Thread(target=self._listen, name="kamailio-log", daemon=True)

    def start(self) -> None:
        """Listen, once Kamailio has its end of the pipe."""
        os.close(self.end)
        self._thread.start()

    def join(self) -> None:
        """Its last words, after it has ended."""
        self._thread.join(2.0)

    def _listen(self) -> None:
        with self._heard as lines:
            while line := lines.readline(_LONGEST):
                self.tell(line.decode("utf-8", "backslashreplace").rstrip())

    def tell(self, line: str) -> None:
        """One line. What has no level is a piece of somebody's message, but at the start."""
        self._lines += 1
        said = _LINE.fullmatch(line)
        if said is not None:
            place = _PLACE.search(said[2])
            level = logging.INFO if _NO_FAULT.search(said[2]) else _LEVELS.get(said[1], logging.ERROR)
            _LOG.log(level, "%s", said[2], extra={"place": place[0] if place else "other"})
        elif line and self._lines <= _FIRST:
            _LOG.info("%s", line)
