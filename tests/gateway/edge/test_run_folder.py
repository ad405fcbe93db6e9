"""What an edge is started with: settings strictly read, tables that Kamailio takes, and no start without them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kamailio_edge import CONFIG

from fanzha.errors import StorageError, UsageError, VocabularyError
from fanzha.gateway.edge.rules import Rules
from fanzha.gateway.edge.rundir import SNAPSHOT, check_startable, command, rpc_address, write_run_folder
from fanzha.gateway.edge.settings import groups, read_settings
from fanzha.gateway.edge.snapshot import write_snapshot

GOOD = """
listen: ["udp:127.0.0.1:5060", "tcp:[::1]:5060"]
engines: ["sip:127.0.0.1:5070", "sip:127.0.0.1:5071"]
next_hops: ["sip:192.0.2.1:5060"]
routes:
  abroad: {next_hops: ["sip:192.0.2.2"], trunks: [t1, t2]}
hep: "sip:127.0.0.1:9060;transport=tcp"
"""


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "edge.yaml"
    path.write_text(text)
    return path


def test_good_settings_become_a_head_and_a_list_of_neighbours(tmp_path: Path) -> None:
    settings = read_settings(settings_file(tmp_path, GOOD))
    head = write_run_folder(tmp_path / "run", settings, CONFIG).read_text()
    assert "listen=tcp:[::1]:5060\n" in head
    assert '#!define HEP_URI "sip:127.0.0.1:9060;transport=tcp"' in head
    assert (tmp_path / "run" / "dispatcher.list").read_text().splitlines() == [
        "1 sip:127.0.0.1:5070 8", "1 sip:127.0.0.1:5071 8", "2 sip:192.0.2.1:5060 0", "3 sip:192.0.2.2 0",
    ]  # fmt: skip
    assert groups(settings) == {"t1": 3, "t2": 3}
    assert command(tmp_path / "run", settings)[-6:-2] == ["-m", "512", "-M", "16"]
    assert rpc_address(settings, tmp_path) == f"unix:{tmp_path}/rpc.sock"
    assert (tmp_path / "run").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("next_hops: []\n", "next_hops is empty"),
        ("next_hop: [x]\n", "unknown field"),
        ('next_hops: ["sip:a"]\nlisten: ["5060"]\n', "edge.yaml:2"),
        ('next_hops: ["sip:a;x y"]\n', "edge.yaml:1"),
        ('next_hops: ["sip:a"]\nengine_ms: 5\n', "63"),
        ('next_hops: ["sip:a"]\nroutes:\n  a: {next_hops: ["sip:b"], trunks: [t, t]}\n', "two routes"),
    ],
)
def test_bad_settings_are_refused_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises((VocabularyError, UsageError), match=said):
        read_settings(settings_file(tmp_path, text))


def test_there_is_no_start_without_tables(tmp_path: Path, rules: Rules) -> None:
    with pytest.raises(StorageError, match="refuse everybody"):
        check_startable(tmp_path)
    write_snapshot(tmp_path / SNAPSHOT, rules)
    check_startable(tmp_path)
    table = (tmp_path / SNAPSHOT / "rules_a").read_text().splitlines()
    assert len(table) == len(rules.rows) + 1
    assert not list((tmp_path / SNAPSHOT).glob("*.new"))


def test_a_run_folder_with_too_long_a_path_is_refused(tmp_path: Path) -> None:
    settings = read_settings(settings_file(tmp_path, GOOD))
    with pytest.raises(UsageError, match="too long"):
        write_run_folder(tmp_path / ("x" * 100), settings, CONFIG)
