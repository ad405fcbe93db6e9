"""Decides what the demonstration stands on: everything started in one go, then its address and logins are told, or,
without a terminal, it is looked whether all of it answers.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from fanzha.cli.language import say
from fanzha.cli.living import Size, prepare
from fanzha.cli.roles import ROLES, STAGE, Ports, commands, make_key
from fanzha.cli.serve import end_on_signals
from fanzha.cli.supervisor import Supervisor
from fanzha.cli.telephony.programs import free_port, until
from fanzha.cli.terminal import note
from fanzha.cli.visitor import Visitor
from fanzha.errors import FanzhaError, StorageError, UsageError

USUAL = Size()
LOG = "serve.log"  # in the demonstration's home
_WHERE = f"FANZHA_HOME/live/{LOG}"
_KEPT = ("cache",)  # compiled kernels outlive a fresh start


@dataclass(frozen=True)
class Seen:
    """What a look found: seconds from the start until the desk answered, and until its first alert was there."""

    address: str
    up_s: float
    alert_s: float
    alerts: int


def serve(place: Path, roles: tuple[str, ...], ports: Ports, size: Size = USUAL, *, afresh: bool = False) -> None:
    """Until Ctrl-C. place: the demonstration's own home. Raises UsageError off this machine, StorageError if in use."""
    with _standing(place, roles, ports, size, afresh) as (supervisor, there):
        Thread(target=_tell, args=(there, place), daemon=True).start()
        end_on_signals(supervisor.stop)
        supervisor.run()
    note(say("已全部结束", "all ended"))


def look(place: Path, size: Size = USUAL) -> Seen:
    """Start everything afresh on free ports, see the desk answer and its first alert arrive, and end all of it.

    Raises FanzhaError where that takes too long.
    """
    found: list[Seen | FanzhaError] = []
    with _standing(place, ROLES, Ports("127.0.0.1", 0), size, afresh=True) as (supervisor, ports):

        def visit() -> None:
            try:
                found.append(_seen(ports.address))
            except FanzhaError as error:
                found.append(error)
            supervisor.stop()

        Thread(target=visit, daemon=True).start()
        end_on_signals(supervisor.stop)
        supervisor.run()
    seen = found[0] if found else FanzhaError("ended before the desk was seen (中途结束)")
    if isinstance(seen, FanzhaError):
        raise seen
    return seen


@contextmanager
def _standing(
    place: Path, roles: tuple[str, ...], ports: Ports, size: Size, afresh: bool
) -> Iterator[tuple[Supervisor, Ports]]:
    """The supervisor of a prepared demonstration that nobody else runs, and where it will answer."""
    if ports.host not in ("127.0.0.1", "::1", "localhost"):
        what = say("演示只能在本机监听", "the demonstration listens on this machine only")
        raise UsageError(what, where="--host", hint="127.0.0.1")
    place.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            what = say("另一个演示正在使用", "another demonstration is using it")
            hint = say("先结束它，或另设 FANZHA_HOME", "end it first, or set another FANZHA_HOME")
            raise StorageError(what, where=str(place), hint=hint) from error
        if afresh:
            _clear(place)
        _prepare(place, size)
        there = replace(ports, port=ports.port or free_port(), sip=_loopback(), mirror=_loopback())
        yield Supervisor(commands((*roles, *STAGE), there, place), place / LOG), there


def _prepare(place: Path, size: Size) -> None:
    from fanzha.cli.django import migrate, ready

    ready(place, demo=True)
    migrate()
    (place / "incoming").mkdir(exist_ok=True)
    make_key(place)
    prepare(place, size)


def _clear(place: Path) -> None:
    for each in place.iterdir():
        if each.name not in _KEPT:
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def _loopback() -> str:
    return f"127.0.0.1:{free_port()}"


def _tell(ports: Ports, place: Path) -> None:
    """Address and logins, once somebody who follows them would get an answer."""
    from fanzha.desk.organisations.demo import PASSWORD, PEOPLE

    note(say("正在启动各角色……", "starting all roles ..."))
    try:
        until(Visitor(ports.address).up, "")
    except FanzhaError:
        note(say(f"工作台尚未应答，见 {place / LOG}", f"the desk does not answer yet, see {place / LOG}"))
    note("")
    note(say(f"工作台在 {ports.address}　演示账号：", f"The desk is at {ports.address} with these logins:"))
    for person in PEOPLE:
        note(f"  {person.username:<11} {PASSWORD}   {say(person.zh, person.en)}")
    note(
        say(
            f"预警会自行到达；页面右下角有五分钟导览。Ctrl-C 结束；日志在 {place / LOG}",
            f"Alerts arrive by themselves; a five-minute tour waits on the page. Ctrl-C ends; log in {place / LOG}",
        )
    )


def _seen(address: str) -> Seen:
    began = time.monotonic()
    visitor = Visitor(address)
    until(visitor.up, "the desk did not answer (工作台未应答)", hint=_WHERE)
    up = time.monotonic() - began
    visitor.sign_in("leader")
    until(lambda: visitor.alerts() > 0, "no alert arrived (没有预警到达)", hint=_WHERE)
    return Seen(address, round(up, 1), round(time.monotonic() - began, 1), visitor.alerts())
