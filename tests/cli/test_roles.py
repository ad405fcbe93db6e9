from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.cli.roles import ROLES, Ports, commands, named
from fanzha.errors import UsageError


def test_mirrored_calls_reach_the_watcher_and_the_switch_can_be_commanded(tmp_path: Path) -> None:
    made = commands(("watch", "hep"), Ports("127.0.0.1", 1), tmp_path, switch="unix:/run/rpc.sock")
    assert made["hep"] == ["hep", "--records", str(tmp_path / "incoming"), "--switch", "unix:/run/rpc.sock"]
    assert made["watch"][:2] == ["watch", str(tmp_path / "incoming")]
    assert made["watch"][-2:] == ["--done", str(tmp_path / "taken")]


def test_without_a_mirror_the_files_of_others_stay_where_they_were_put(tmp_path: Path) -> None:
    assert "--done" not in commands(("watch", "gateway"), Ports("::1", 1), tmp_path)["watch"]
    assert Ports("::1", 81).address == "http://[::1]:81/"


def test_every_role_is_known_once_and_no_other() -> None:
    assert named("hep, desk,hep") == ("hep", "desk")
    assert set(named(",".join(ROLES))) == {"desk", "jobs", "watch", "gateway", "hep"}
    with pytest.raises(UsageError, match="province"):
        named("desk,province")
    with pytest.raises(UsageError, match="no role"):
        named(", ,")
