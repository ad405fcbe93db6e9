"""Decides what `fanzha serve` runs: one process a role, each started again when it dies, until Ctrl-C ends them all."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import click

from fanzha.cli.language import say
from fanzha.cli.terminal import note
from fanzha.errors import UsageError

ROLES = ("desk", "jobs", "watch", "gateway")
_HELP = say(
    """运行工作台等角色，每个角色一个进程，意外退出会自动重启；Ctrl-C 或 SIGTERM 全部正常结束。

    \b
    desk 网页；jobs 定时任务；watch 盯住 FANZHA_HOME/incoming；gateway 呼叫决策（fanzha gateway）。
    数据库默认 FANZHA_HOME/desk.sqlite；用 DATABASE_URL 换成 PostgreSQL。默认只在本机监听。
    --demo 另建合成省份与五个演示账号（免动态验证码，仅限本机），状态在 FANZHA_HOME/live。

    \b
    例
      fanzha serve --demo
      fanzha serve --roles desk,jobs --port 8120
      DATABASE_URL=postgres://desk@db/fanzha fanzha serve --roles desk
    """,
    """Run the desk and its companions, one process a role, started again when one dies; Ctrl-C or SIGTERM ends all.

    \b
    desk: the pages; jobs: timers; watch: takes files from FANZHA_HOME/incoming; gateway: fanzha gateway.
    The database is FANZHA_HOME/desk.sqlite unless DATABASE_URL names a PostgreSQL. Listens on this machine only.
    --demo adds a synthetic province and five logins (no one-time code, this machine only), under FANZHA_HOME/live.

    \b
    Examples
      fanzha serve --demo
      fanzha serve --roles desk,jobs --port 8120
      DATABASE_URL=postgres://desk@db/fanzha fanzha serve --roles desk
    """,
)


@click.command("serve", help=_HELP)
@click.option("--roles", default="desk,jobs,watch", show_default=True, help=say("角色，逗号分隔", "roles, with commas"))
@click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "address to listen on"))
@click.option("--port", default=8120, show_default=True, help=say("端口", "port"))
@click.option("--demo", is_flag=True, help=say("合成省份与演示账号", "a synthetic province and demonstration logins"))
@click.option("--only", hidden=True)
def command(roles: str, host: str, port: int, demo: bool, only: str | None) -> None:
    """See the help."""
    from fanzha.cli.django import migrate, ready
    from fanzha.cli.start import home

    if only is not None:
        ready()
        _run(only, host, port)
        return
    wanted = _wanted(roles)
    if "desk" in wanted:
        _check_free(host, port)
    if demo and host not in ("127.0.0.1", "::1", "localhost"):
        raise UsageError(say("演示只能在本机监听", "the demonstration listens on this machine only"), where="--host")
    place = ready(home() / "live" if demo else None, demo=demo)
    migrate()
    (place / "incoming").mkdir(exist_ok=True)
    if demo:
        from fanzha.cli.living import prepare

        prepare(place)
        wanted = (*wanted, "province")
    _tell(host, port, demo)
    _supervise(wanted, host, port, place)


def _wanted(roles: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in roles.split(",") if name.strip()))
    for name in names:
        if name not in ROLES:
            raise UsageError(say(f"没有角色 {name}", f"there is no role {name}"), where="--roles", hint=",".join(ROLES))
    return names


def _check_free(host: str, port: int) -> None:
    """Raises UsageError where the port is taken: told once, rather than by a process that dies again and again."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            hint = say("换一个 --port，或结束占用它的进程", "choose another --port, or end what holds it")
            raise UsageError(f"{host}:{port}: {error.strerror}", where="--port", hint=hint) from error


def _tell(host: str, port: int, demo: bool) -> None:
    note(say(f"工作台在 http://{host}:{port}/", f"the desk is at http://{host}:{port}/"))
    if demo:
        from fanzha.desk.organisations.demo import PASSWORD, PEOPLE

        for person in PEOPLE:
            note(f"  {person.username:<11} {PASSWORD}   {say(person.zh, person.en)}")


def _supervise(roles: tuple[str, ...], host: str, port: int, place: Path) -> None:
    from fanzha.cli.supervisor import Supervisor

    commands = {role: _command(role, host, port, place) for role in roles}
    supervisor = Supervisor(commands)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stop())
    supervisor.run()
    note(say("已全部结束", "all ended"))


def _command(role: str, host: str, port: int, place: Path) -> list[str]:
    if role == "watch":
        return ["watch", str(place / "incoming"), "--json"]
    if role == "gateway":
        return ["gateway"]
    return ["serve", "--only", role, "--host", host, "--port", str(port)]


def _run(role: str, host: str, port: int) -> None:
    """One role, in this process."""
    if role == "desk":
        _serve_pages(host, port)
        return
    stopped = _until_signal()
    if role == "jobs":
        from fanzha.desk.jobs import run

        run(stopped)
    elif role == "province":
        from fanzha.cli.living import live

        live(Path(os.environ["FANZHA_HOME"]), stopped)
    else:
        raise UsageError(f"--only {role}")


def _serve_pages(host: str, port: int) -> None:
    from threading import Thread

    import uvicorn

    from fanzha.desk.entities.lake import warm

    Thread(target=warm, daemon=True).start()
    uvicorn.run(
        "fanzha.desk.asgi:application",
        host=host,
        port=port,
        log_level=os.environ.get("FANZHA_LOG", "warning").lower(),
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=os.environ.get("FANZHA_HTTPS") == "1",  # who asks is the proxy's word, if it is on this machine
        timeout_graceful_shutdown=5,
    )


def _until_signal() -> Callable[[], bool]:
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda at, _frame: asked.append(at))
    return lambda: bool(asked)
