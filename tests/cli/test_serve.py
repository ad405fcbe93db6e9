from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fanzha.cli.supervisor import Supervisor
from fanzha.cli.telephony.programs import free_port
from fanzha.errors import UsageError


def _answers(port: int, server: subprocess.Popen[bytes]) -> None:
    for _try in range(900):
        assert server.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                assert json.load(answer) == {"alive": True}
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the desk did not answer")


def test_a_role_that_dies_is_started_again_and_all_end_together(tmp_path: Path) -> None:
    """kill -9 of the pages' process: the supervisor brings it back; SIGTERM leaves nothing running."""
    port = free_port()
    environment = {**os.environ, "FANZHA_HOME": str(tmp_path), "FANZHA_LANG": "en"}
    for name in ("DATABASE_URL", "FANZHA_SECRET_KEY"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "fanzha.cli.main", "serve", "--roles", "desk", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        _answers(port, server)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        assert len(children) == 1
        os.kill(int(children[0]), signal.SIGKILL)
        time.sleep(0.5)
        _answers(port, server)
        assert (tmp_path / "desk.key").stat().st_mode & 0o077 == 0
    finally:
        server.terminate()
        _out, told = server.communicate(timeout=60)
    assert server.returncode == 0
    assert b"starts again" in told
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--roles", "desk,kitchen"], "kitchen"),
        (["--demo", "--host", "0.0.0.0"], "this machine only"),
        (["--roles", "hep", "--switch", "zzz"], "--switch: 'zzz' is no JSON-RPC address"),
        (["--roles", "desk", "--switch", "unix:/a"], "only hep commands a switch"),
    ],
)
def test_what_cannot_be_is_told(run, arguments: list[str], words: str) -> None:
    done = run("serve", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told_once(run) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        done = run("serve", "--roles", "desk", "--port", str(held.getsockname()[1]))
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_desk_and_audit_from_the_command_line(run, tmp_path: Path) -> None:
    assert run("desk", "migrate", "--verbosity", "0").returncode == 0
    assert run("desk", "add_organisation", "某省公司", "operator", "province", "42").returncode == 0
    twice = run("desk", "add_organisation", "某省公司", "operator", "province", "42")
    assert twice.returncode == 8
    assert "Traceback" not in twice.stderr
    done = run("audit", "verify", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["whole"]
    assert found["entries"] == 1
    assert run("audit", "verify", "--noted", f"1:{'0' * 64}").returncode == 5


def test_a_role_that_is_asked_for_what_cannot_be_ends_all_instead_of_dying_again_and_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(UsageError, match="hep") as told:
        Supervisor({"hep": ["hep", "--no-such-thing"]}, log).run()
    assert str(log) in str(told.value.hint)
    assert b"--no-such-thing" in log.read_bytes()


def test_nothing_is_started_twice_after_stop() -> None:
    supervisor = Supervisor({"nothing": ["--version"]})
    supervisor.stop()
    supervisor.run()
