"""What Kamailio says can neither fill the disk nor tell anybody's number."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from fanzha.gateway.edge.voice import Voice
from fanzha.gateway.log import JsonLines, Sparing

ERROR = " 7(3337) ERROR: <core> [core/receive.c:376]: receive_msg(): no message: From: <sip:13812345678@x>\n"


def test_a_flood_of_broken_messages_is_told_a_few_times_without_numbers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fanzha.edge.kamailio")
    voice, sparing = Voice(), Sparing()
    script = f"import sys\nfor _ in range(3000): sys.stderr.write({ERROR + 'To: <sip:13987654321@x>' + chr(10)!r})"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=voice.end, stderr=voice.end)
    voice.start()
    process.wait()
    voice.join()
    told = [JsonLines().format(record) for record in caplog.records if sparing.filter(record)]
    assert 0 < sum('"error"' in line for line in told) <= 5
    assert len(told) <= 50
    assert not any("13812345678" in line or "13987654321" in line for line in told)


def test_nobody_waits_for_a_log_that_nobody_reads() -> None:
    voice = Voice()
    with pytest.raises(BlockingIOError):
        os.writev(voice.end, [ERROR.encode()] * 1000) and os.writev(voice.end, [ERROR.encode()] * 1000)
    voice.start()
    voice.join()


def test_a_worker_that_ends_as_it_should_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fanzha.edge.kamailio")
    voice = Voice()
    for status in ("normally, status=0", "normally, status=255", "by a signal, core was not generated"):
        voice.tell(f" 0(3337) ALERT: <core> [main.c:770]: handle_sigs(): child process 12 exited {status}")
    voice.start()
    voice.join()
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.ERROR, logging.ERROR]
