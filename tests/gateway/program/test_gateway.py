"""`fanzha gateway` as operators run it: a program with workers, a policy folder, a desk to follow."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from messages import code_of, message
from running import Gateway, free_port, gateway, listed, publisher, until

FRAUD, OTHER = "+8617000000001", "+8617000000002"


def invite(caller: str, key: str) -> bytes:
    """An INVITE of that caller."""
    return message(call_id=key, **{"from": f"<sip:{caller}@gw.cn>;tag=1"})


def code(running: Gateway, caller: str, key: str) -> int:
    """The code that a call of this caller gets."""
    return code_of(running.say(invite(caller, key)))


def alive(running: Gateway) -> int:
    """What a dispatcher's probe is told, by whichever worker its bytes lead to."""
    return code_of(running.say(message("OPTIONS", f"sip:{time.monotonic_ns() * 7919}@gw.cn")))


def asked(running: Gateway) -> float:
    """Questions of either door; here none was asked twice or wrongly."""
    http = running.metric('fanzha_http_answers_total{class="success"}')
    return http + running.metric('fanzha_sip_messages_total{kind="invite"}')


def verdicts(running: Gateway) -> float:
    """Verdicts of all workers."""
    actions = ("allow", "label", "challenge", "limit", "block")
    return sum(running.metric(f'fanzha_verdicts_total{{action="{action}"}}') for action in actions)


def test_two_workers_follow_a_desk_and_answer_alike(tmp_path: Path) -> None:
    """SIP and HTTP agree, a delta takes effect, counts add up, no whole number and no secret is logged."""
    desk = publisher(tmp_path / "desk")
    with gateway(tmp_path, workers=2, source=tmp_path / "desk") as running:
        assert running.ask("GET", "/readyz")[0] == 503
        assert alive(running) == 503
        assert desk.snapshot([listed("e1", FRAUD)]).taken
        until(running.ready, 10)
        until(lambda: {alive(running) for _ in range(20)} == {200}, 10)

        codes = [code(running, FRAUD, f"a{at}@x") for at in range(20)]
        codes += [code(running, f"+86138123456{at:02d}", f"b{at}@x") for at in range(20)]
        assert codes == [603] * 20 + [404] * 20
        status, said = running.ask("POST", "/v1/decide", {"key": "h1", "caller": FRAUD, "callee": "+8613900001234"})
        assert (status, said["code"], said["reasons"][0]["code"]) == (200, 603, "police")
        status, said = running.ask("POST", "/v1/decide", {"key": "h2", "caller": FRAUD, "callee": "110"})
        assert said["action"] == 0

        assert desk.delta(add=[listed("e2", OTHER)]).taken
        until(lambda: code(running, OTHER, f"c{time.monotonic_ns()}@x") == 603, 5)
        assert desk.delta(remove=["e1"]).taken
        until(lambda: code(running, FRAUD, f"d{time.monotonic_ns()}@x") != 603, 5)

        status, told = until(lambda: (found := running.ask("GET", "/v1/explain/a3@x"))[0] == 200 and found, 5)
        assert told["verdicts"][0]["policy_version"] == 1
        until(lambda: asked(running) == verdicts(running) >= 42, 10)
        assert running.metric("fanzha_policy_version") == 3
        assert running.stop() == 0
    log = (tmp_path / "gateway.log").read_text()
    assert "policy 1 in force" in log
    assert not any(number in log for number in (FRAUD, FRAUD[1:], running.token, running.token.split("_", 2)[2]))


def test_a_worker_that_is_killed_is_started_again_and_the_last_policy_holds(tmp_path: Path) -> None:
    publisher(tmp_path / "policy").snapshot([listed("e1", FRAUD)])
    with gateway(tmp_path) as running:
        assert code(running, FRAUD, "a@x") == 603
        (worker,) = running.workers()
        os.kill(worker, signal.SIGKILL)
        until(lambda: running.workers() not in ([], [worker]), 10)
        until(running.ready, 20)
        assert code(running, FRAUD, "b@x") == 603
        assert "worker-0 ended with -9" in running.log.read_text()


def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        (worker,) = running.workers()
        running.process.kill()
        running.process.wait()
        until(lambda: not Path(f"/proc/{worker}").exists() or "Z" in _state(worker), 10)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_who_may_ask_is_read_again_on_sighup(tmp_path: Path) -> None:
    peers = tmp_path / "peers.txt"
    peers.write_text("192.0.2.1  # a switch elsewhere\n")
    publisher(tmp_path / "policy").snapshot([listed("e1", FRAUD)])
    with gateway(tmp_path, "--peer=192.0.2.0/28", f"--peers-file={peers}", "--go-on=503") as running:
        assert running.say(invite(FRAUD, "a@x"), 0.3) == b""
        until(lambda: running.metric('fanzha_sip_messages_total{kind="stranger"}') == 1, 5)
        peers.write_text("nonsense\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "what was in force stays so" in running.log.read_text(), 10)
        assert running.say(invite(FRAUD, "b@x"), 0.3) == b""
        peers.write_text("127.0.0.1\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: running.say(message("OPTIONS", "sip:gw.cn"), 0.3))
        assert code(running, FRAUD, "c@x") == 603
        assert code(running, "+8613812345678", "d@x") == 503


def test_calls_at_hand_are_answered_before_it_ends(tmp_path: Path) -> None:
    publisher(tmp_path / "policy").snapshot([listed("e1", FRAUD)])
    with gateway(tmp_path) as running, socket.create_connection(("127.0.0.1", running.sip), timeout=10) as stream:
        stream.sendall(invite(FRAUD, "t@x"))
        assert code_of(stream.recv(65536)) == 603
        for at in range(200):
            running.socket.sendto(invite(FRAUD, f"u{at}@x"), ("127.0.0.1", running.sip))
        running.process.send_signal(signal.SIGTERM)
        running.socket.settimeout(5)
        assert {code_of(running.socket.recv(65536)) for _ in range(200)} == {603}
        assert running.process.wait(60) == 0


def test_a_new_one_takes_over_on_the_same_ports(tmp_path: Path) -> None:
    """No call goes unanswered; one that fell between is answered when it is sent again, as SIP does."""
    publisher(tmp_path / "policy").snapshot([listed("e1", FRAUD)])
    with gateway(tmp_path, workers=2) as old, gateway(tmp_path, workers=2, beside=old) as new:
        until(lambda: new.log.read_text().count('"text": "ready') >= 2, 30)
        for at in range(600):
            if at == 100:
                old.process.send_signal(signal.SIGTERM)
            data = invite(FRAUD, f"n{at}@x")
            assert code_of(new.say(data, 0.5) or new.say(data)) == 603
        assert old.process.wait(60) == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sip=nowhere"], "no address with a port"),
        (["--sip=198.51.100.1:5070"], "cannot be had"),
        (["--trust=abc"], "no public key"),
        (["--peer=10.0.0.300"], "no address or network"),
        (["--peers-file=/nonexistent"], "cannot be read"),
    ],
)
def test_what_cannot_be_is_told_at_once(tmp_path: Path, options: list[str], told: str) -> None:
    command = [sys.executable, "-m", "fanzha.cli.main", "gateway", f"--sip=127.0.0.1:{free_port()}", "--http=off"]
    environment = os.environ | {"FANZHA_HOME": str(tmp_path), "FANZHA_LANG": "en"}
    ended = subprocess.run([*command, *options], env=environment, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert told in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()
