"""Wireshark's reading of SIP beside ours: of what we are asked, and of what we answer."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from messages import PEER, message
from sham import BLOCKED, Sham, responder
from torture import GO, INVALID, LIBERAL, VALID

from fanzha.gateway.sip.message import parse
from fanzha.gateway.sip.responder import Reply
from fanzha.gateway.sip.uri import parse_uri

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed (scripts/system-packages)")
FIELDS = ("sip.Method", "sip.r-uri.user", "sip.Call-ID", "sip.CSeq.seq", "sip.Status-Code", "sip.to.tag", "sip.Via")


def read(messages: list[bytes], folder: Path) -> list[dict[str, Any]]:
    """What tshark sees in each message, as a UDP datagram of its own."""
    capture = folder / "capture.pcap"
    with capture.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 228))  # 228: bare IPv4
        for data in messages:
            datagram = struct.pack(">HHHH", 5060, 5060, 8 + len(data), 0) + data
            size = 20 + len(datagram)
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 1, 0, 64, 17, 0, bytes(4), bytes(4))
            file.write(struct.pack("<IIII", 0, 0, size, size) + head + datagram)
    command = [TSHARK, "-n", "-r", str(capture), "-T", "json", "-J", "sip", "--no-duplicate-keys"]
    command += [option for field in (*FIELDS, "_ws.malformed") for option in ("-e", field)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return [packet["_source"].get("layers", {}) for packet in json.loads(done.stdout)]


def test_requests_are_read_as_wireshark_reads_them(tmp_path: Path) -> None:
    asked = [data for _, data, expected in (*VALID, *INVALID) if expected in (GO, 200) and b"sip:" in data[:20]]
    for seen, data in zip(read(asked, tmp_path), asked, strict=True):
        ours = parse(data)
        assert seen["sip.Method"] == [ours.method]
        assert seen["sip.Call-ID"] == [ours.first("call-id")]
        assert [int(value) for value in seen["sip.CSeq.seq"]] == [int(ours.first("cseq").split()[0])]
        if "sip.r-uri.user" in seen and "%" not in seen["sip.r-uri.user"][0]:
            assert seen["sip.r-uri.user"][0].partition(";")[0] == parse_uri(ours.uri).user


def test_answers_are_what_wireshark_expects_of_answers(tmp_path: Path) -> None:
    asked = [data for _, data, expected in (*VALID, *INVALID, *LIBERAL) if expected is not None]
    asked += [message(call_id=f"b{at}", **{"from": f"<sip:{BLOCKED}@gw.cn>;tag={at}"}) for at in range(2)]
    to = responder(Sham())
    answers = [to.receive(data, (PEER[0], PEER[1] + at), 0.0) for at, data in enumerate(asked)]
    codes = [expected for _, _, expected in (*VALID, *INVALID, *LIBERAL) if expected is not None] + [603, 603]
    found = [answer.data for answer in answers if isinstance(answer, Reply)]
    for seen, code, data in zip(read(found, tmp_path), codes, asked, strict=True):
        assert seen["sip.Status-Code"] == [str(code)]
        assert "_ws.malformed" not in seen
        assert len(seen["sip.Via"]) == len(parse(data).fields["via"])
