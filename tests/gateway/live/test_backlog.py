from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fanzha.errors import StorageError
from fanzha.gateway.live.backlog import Backlog
from fanzha.gateway.live.event import DialogEvent, DialogState


def event(at: int) -> DialogEvent:
    return DialogEvent(key=f"c{at}", state=DialogState.TERMINATED, at=at)


class Keeper:
    """Takes reports until it has had `most` of them."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.taken: list[int] = []

    async def take(self, event: DialogEvent) -> None:
        if len(self.taken) >= self.most:
            raise StorageError("gone")
        self.taken.append(event.at)


def brought(backlog: Backlog, keeper: Keeper) -> int:
    return asyncio.run(backlog.bring(keeper.take))


def test_what_waits_is_brought_once_in_order_whichever_worker_wrote_it(tmp_path: Path) -> None:
    one, other = Backlog(tmp_path, 1_000_000), Backlog(tmp_path, 1_000_000)
    assert not one.waiting
    for at in range(500):
        (one, other)[at % 2].put(event(at))
    assert one.waiting
    keeper = Keeper()
    assert brought(other, keeper) == 500
    assert keeper.taken == [*range(500)]
    assert not one.waiting
    assert brought(one, keeper) == 0


def test_who_is_interrupted_goes_on_where_he_was(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path, 1_000_000)
    for at in range(300):
        backlog.put(event(at))
    first, second = Keeper(most=130), Keeper()
    with pytest.raises(StorageError):
        brought(backlog, first)
    backlog.put(event(300))
    brought(Backlog(tmp_path, 1_000_000), second)
    assert second.taken[0] <= 130  # at most what was under way comes twice
    assert sorted({*first.taken, *second.taken}) == [*range(301)]
    assert second.taken == [*range(second.taken[0], 301)]


def test_what_finds_no_room_is_refused_and_what_was_kept_stays(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path, 1000)
    for at in range(5):
        backlog.put(event(at))
    full = Backlog(tmp_path, (tmp_path / "next").stat().st_size)
    with pytest.raises(StorageError, match="too many"):
        full.put(event(5))
    keeper = Keeper()
    brought(full, keeper)
    assert keeper.taken == [*range(5)]
    full.put(event(6))


def test_a_line_that_a_power_cut_tore_is_passed_over(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path, 1000)
    backlog.put(event(1))
    with (tmp_path / "next").open("ab") as file:
        file.write(b'{"key": "c2\n')
    backlog.put(event(3))
    keeper = Keeper()
    brought(backlog, keeper)
    assert keeper.taken == [1, 3]


def test_a_folder_of_no_use_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        Backlog(tmp_path / "file", 1000).put(event(1))
