"""Decides what `fanzha serve` runs: one process a role, each started again when it dies, until Ctrl-C ends them all."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import click

from fanzha.cli import options
from fanzha.cli.language import say
from fanzha.cli.roles import HTTP, MIRROR, ROLES, SIP, USUAL, Ports, commands, make_key, named
from fanzha.cli.terminal import note
from fanzha.errors import UsageError

_HELP = say(
    """运行工作台等角色，每个角色一个进程，意外退出会自动重启；Ctrl-C 或 SIGTERM 全部正常结束。

    \b
    desk 网页；jobs 定时任务；watch 盯住 FANZHA_HOME/incoming；gateway 呼叫决策（fanzha gateway）；
    hep 收镜像信令（fanzha hep），话单进 incoming，由 watch 收下后移到 FANZHA_HOME/taken。
    数据库默认 FANZHA_HOME/desk.sqlite；用 DATABASE_URL 换成 PostgreSQL。默认只在本机监听。
    --demo 一次启动全部角色，另有持续生长的合成省份、可拨打真实呼叫的电话、演示账号（免动态验证码，
    仅限本机）和页面导览；状态与日志在 FANZHA_HOME/live。

    \b
    例
      fanzha serve --demo
      fanzha serve --roles desk,jobs --port 8120
      fanzha serve --roles watch,gateway,hep --switch unix:/run/fanzha-edge/rpc.sock
      DATABASE_URL=postgres://desk@db/fanzha fanzha serve --roles desk
    """,
    """Run the desk and its companions, one process a role, started again when one dies; Ctrl-C or SIGTERM ends all.

    \b
    desk: the pages; jobs: timers; watch: takes files from FANZHA_HOME/incoming; gateway: fanzha gateway;
    hep: fanzha hep, its records go to incoming, and watch puts them into FANZHA_HOME/taken afterwards.
    The database is FANZHA_HOME/desk.sqlite unless DATABASE_URL names a PostgreSQL. Listens on this machine only.
    --demo starts all roles at once, with a synthetic province that lives on, telephones for real calls, logins
    (no one-time code, this machine only) and a guided tour on the page; state and log in FANZHA_HOME/live.

    \b
    Examples
      fanzha serve --demo
      fanzha serve --roles desk,jobs --port 8120
      fanzha serve --roles watch,gateway,hep --switch unix:/run/fanzha-edge/rpc.sock
      DATABASE_URL=postgres://desk@db/fanzha fanzha serve --roles desk
    """,
)


@click.command("serve", help=_HELP)
@click.option("--roles", help=say("角色，逗号分隔", "roles, with commas") + f" [{','.join(USUAL)}]")
@click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "address to listen on"))
@click.option("--port", default=8120, type=options.PORT, show_default=True, help=say("端口", "port"))
@click.option(
    "--switch", default="", help=say("hep 可指挥的交换机，见 fanzha hep", "whom hep commands: fanzha hep --help")
)
@click.option("--demo", is_flag=True, help=say("全部角色、合成省份与演示账号", "all roles, a province, logins to try"))
@click.option("--only", hidden=True)
@click.option("--engine", hidden=True, default="")
def command(roles: str | None, host: str, port: int, switch: str, demo: bool, only: str | None, engine: str) -> None:
    """See the help."""
    from fanzha.cli.django import migrate, ready
    from fanzha.cli.start import home

    ports = Ports(host, port, sip=engine)
    if only is not None:
        ready()
        _run(only, ports)
        return
    wanted = named(roles) if roles is not None else ROLES if demo else USUAL
    _check_switch(switch, wanted)
    if "desk" in wanted:
        check_free(host, port)
    if not demo:
        _check_doors(wanted)
    if demo:
        from fanzha.cli.demonstration import serve

        serve(home() / "live", wanted, ports)
        return
    place = ready()
    migrate()
    (place / "incoming").mkdir(exist_ok=True)
    if "jobs" in wanted:
        make_key(place)
    if "desk" in wanted:
        note(say(f"工作台在 {ports.address}", f"the desk is at {ports.address}"))
    from fanzha.cli.supervisor import Supervisor

    supervisor = Supervisor(commands(wanted, ports, place, switch))
    end_on_signals(supervisor.stop)
    supervisor.run()
    note(say("已全部结束", "all ended"))


def end_on_signals(stop: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM mean `stop`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())


def check_free(host: str, port: int) -> None:
    """Raises UsageError where the port is taken: told once, rather than by a process that dies again and again."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            hint = say("换一个 --port，或结束占用它的进程", "choose another --port, or end what holds it")
            raise UsageError(f"{host}:{port}: {error.strerror}", where="--port", hint=hint) from error


def _check_switch(switch: str, roles: tuple[str, ...]) -> None:
    """Raises UsageError for one that cannot be, or that nobody would command."""
    from fanzha.gateway.edge.rpc import peer_of

    if not switch:
        return
    if "hep" not in roles:
        what = say("只有 hep 能指挥交换机，而角色里没有它", "only hep commands a switch, and it is not among the roles")
        raise UsageError(what, where="--switch", hint="--roles watch,gateway,hep")
    peer_of(switch, where="--switch")


def _check_doors(roles: tuple[str, ...]) -> None:
    """Raises UsageError where a port is taken on which gateway or hep listens."""
    if "gateway" in roles:
        from fanzha.gateway.supervisor import check_doors

        check_doors(SIP, HTTP)
    if "hep" in roles:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind(MIRROR)
                udp.bind(MIRROR)
            except OSError as error:
                what = f"cannot listen for mirrored packets on {MIRROR[0]}:{MIRROR[1]}: {error.strerror}"
                hint = say(
                    "结束占用它的进程，或另用 fanzha hep --listen", "end what holds it, or run fanzha hep --listen"
                )
                raise UsageError(what, where="--roles", hint=hint) from error


def _run(role: str, ports: Ports) -> None:
    """One role, in this process."""
    if role == "desk":
        _serve_pages(ports.host, ports.port)
        return
    stopped = _until_signal()
    place = Path(os.environ["FANZHA_HOME"])
    if role == "jobs":
        _run_jobs(place, stopped)
    elif role == "province":
        from fanzha.cli.living import live

        live(place, stopped)
    elif role == "telephones":
        from fanzha.cli.telephony.exchange import serve
        from fanzha.gateway.settings import address

        serve(place, address(ports.sip), stopped)
    else:
        raise UsageError(f"--only {role}")


def _run_jobs(place: Path, stopped: Callable[[], bool]) -> None:
    """The desk's timers, and one that the desk cannot have: it knows no gateway."""
    from fanzha.desk.jobs import TIMERS, Timer, run
    from fanzha.gateway.verdictlog import log_limits
    from fanzha.gateway.verdictrows import Intake
    from fanzha.records.lake import Lake
    from fanzha.records.merging import merge_due

    segments = place / "gateway" / "verdicts"
    intake = Intake(segments, "default", unclosed_s=log_limits().unclosed_seconds)

    def store(_now: object) -> None:
        """The verdicts of a gateway on this machine go to the lake, where the ledger counts them."""
        if segments.is_dir():
            with Lake(place) as lake:
                if intake.turn(lake):
                    merge_due(lake)

    run(stopped, (Timer("segments", 5.0, store), *TIMERS))


def _serve_pages(host: str, port: int) -> None:
    from threading import Thread

    import pyarrow
    import uvicorn

    from fanzha.desk.entities.lake import warm
    from fanzha.desk.pages.bounds import bounds
    from fanzha.desk.pages.heads import BoundedHeads

    # Arrow's allocator is to meet a thread that stays first: where the first one ended, a later thread has died of a
    # fault in memory (apache/arrow#50471, #50908).
    pyarrow.array([0])
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
        limit_concurrency=bounds().at_once,
        http=BoundedHeads,
        ws="none",
    )


def _until_signal() -> Callable[[], bool]:
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda at, _frame: asked.append(at))
    return lambda: bool(asked)
