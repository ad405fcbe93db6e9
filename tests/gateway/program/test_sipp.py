"""sipp asks a whole gateway, as a switch would: over UDP and TCP, from one socket, with and without retransmissions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from running import gateway, listed, publisher, until

SIPP = shutil.which("sipp")
pytestmark = pytest.mark.skipif(SIPP is None, reason="sipp is not installed (scripts/system-packages)")
CALLS = 200
SCENARIO = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="ask">
  <send retrans="500"><![CDATA[
INVITE sip:+8613900001234@[remote_ip]:[remote_port];user=phone SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "sipp" <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:+8613900001234@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
P-Asserted-Identity: <tel:[field0]>
Content-Length: 0

  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="{code}"/>
  <send><![CDATA[
ACK sip:+8613900001234@[remote_ip]:[remote_port];user=phone SIP/2.0
[last_Via:]
From: "sipp" <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

  ]]></send>
</scenario>
"""


def ask(folder: Path, port: int, transport: str, callers: list[str], code: int) -> None:
    """Have sipp place the calls; fails unless each gets this code."""
    (folder / "ask.xml").write_text(SCENARIO.replace("{code}", str(code)))
    (folder / "callers.csv").write_text("SEQUENTIAL\n" + "".join(f"{caller};\n" for caller in callers))
    command = [str(SIPP), f"127.0.0.1:{port}", "-i", "127.0.0.1", "-sf", "ask.xml", "-inf", "callers.csv", "-m",
               str(len(callers)), "-r", "400", "-t", transport, "-nostdin", "-timeout", "60"]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout.decode()[-2000:]


def test_every_call_is_answered_acknowledged_and_counted_once(tmp_path: Path) -> None:
    listed_numbers = [f"+8617000{at:06d}" for at in range(CALLS)]
    others = [f"+8613800{at:06d}" for at in range(CALLS)]
    publisher(tmp_path / "policy").snapshot([listed(f"e{at}", number) for at, number in enumerate(listed_numbers)])
    with gateway(tmp_path, workers=2) as running:
        for transport in ("u1", "t1"):
            ask(tmp_path, running.sip, transport, listed_numbers, 603)
            ask(tmp_path, running.sip, transport, others, 404)
        until(lambda: running.metric('fanzha_sip_messages_total{kind="ack"}') == 4 * CALLS, 10)
        assert running.metric('fanzha_sip_messages_total{kind="invite"}') == 4 * CALLS
        assert running.metric('fanzha_verdicts_total{action="block"}') == 2 * CALLS
        assert running.metric('fanzha_verdicts_total{action="allow"}') == 2 * CALLS
        assert running.metric('fanzha_sip_answers_total{class="refused"}') == 2 * CALLS
        assert "Traceback" not in running.log.read_text()
