"""A socket lies where it is asked to, however long the way there: people unpack programs into deep folders."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fanzha.socketpath import short_name


@pytest.mark.parametrize("deep", [0, 12])
def test_a_socket_is_bound_and_reached_by_its_path(tmp_path: Path, deep: int) -> None:
    path = tmp_path.joinpath(*["反诈 folder"] * deep, "door.sock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as door, socket.socket(socket.AF_UNIX) as visitor:
        with short_name(path) as name:
            door.bind(name)
        door.listen()
        assert path.is_socket()
        with short_name(path) as name:
            visitor.connect(name)
        asking, _ = door.accept()
        with asking:
            visitor.sendall(b"hello")
            assert asking.recv(10) == b"hello"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path.joinpath(*["gone"] * 30, "door.sock")
    with pytest.raises(FileNotFoundError), short_name(path):
        pass
