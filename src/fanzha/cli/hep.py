"""Decides how `fanzha hep` is started: what it hears, where its records go, which switch it may command."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanzha.cli import start
from fanzha.cli.language import say
from fanzha.cli.terminal import count, note

if TYPE_CHECKING:
    from fanzha.gateway.live.service import LiveService

_HELP = say(
    """收镜像信令（HEPv3，UDP 与 TCP），跟踪正在进行的呼叫，写出话单，按规则或命令阻断。

    \b
    话单是 --records 目录里的 Parquet 小文件（约每秒一个），fanzha watch 直接接收；kill -9 不丢已确认的结束。
    只听本机，除非另给 --agent。正在进行的呼叫用 fanzha calls 查看、阻断。
    阻断需要 --switch（Kamailio 的 JSON-RPC 地址）；自动阻断只针对公安通报的主叫，见 docs/live-calls.md。

    \b
    例
      fanzha hep
      fanzha hep --listen 10.0.0.5:9060 --agent 10.0.0.0/24 --records /data/cdr
      fanzha hep --policy var/policy --switch unix:/run/fanzha-edge/rpc.sock
    """,
    """Take mirrored signalling (HEPv3 over UDP and TCP), follow calls in progress, write call records, cut calls by
    rule or command.

    \b
    Records are small Parquet files in --records, about one a second, for fanzha watch; kill -9 loses no end that was
    acknowledged. It hears this machine only, unless told of others by --agent. fanzha calls shows and cuts calls.
    Cutting needs --switch (Kamailio's JSON-RPC address); by itself it cuts only callers that the police listed, see
    docs/live-calls.md.

    \b
    Examples
      fanzha hep
      fanzha hep --listen 10.0.0.5:9060 --agent 10.0.0.0/24 --records /data/cdr
      fanzha hep --policy var/policy --switch unix:/run/fanzha-edge/rpc.sock
    """,
)


@click.command("hep", help=_HELP)
@click.option("--listen", default="127.0.0.1:9060", show_default=True, help=say("监听地址", "where to listen"))
@click.option(
    "--agent",
    "agents",
    multiple=True,
    help=say("可送镜像的地址或网段（默认本机）", "address or network heard [this machine]"),
)
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    help=say("话单目录（默认 FANZHA_HOME/calls/records）", "folder of records [FANZHA_HOME/calls/records]"),
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help=say("策略目录（默认 FANZHA_HOME/policy）", "policy folder [FANZHA_HOME/policy]"),
)
@click.option("--trust", multiple=True, help=say("信任的签发公钥：文件或十六进制", "public key obeyed: a file, or hex"))
@click.option("--switch", default="", help=say("Kamailio 的 JSON-RPC 地址", "Kamailio's JSON-RPC address"))
def command(
    listen: str, agents: tuple[str, ...], records: Path | None, policy: Path | None, trust: tuple[str, ...], switch: str
) -> None:
    """See the help."""
    home = start.begin()
    import uvloop

    from fanzha.gateway.live.service import FOLDER, LiveService
    from fanzha.gateway.log import log_to_stderr
    from fanzha.gateway.release.kamailio import KamailioSwitch
    from fanzha.gateway.settings import address, obeyed_keys
    from fanzha.gateway.sip.admission import read_networks
    from fanzha.policy.store import PolicyStore

    where = address(listen)
    heard = read_networks(agents, where="--agent")
    store = PolicyStore(policy or home / "policy", set(obeyed_keys(home, trust)))
    store.load()
    log_to_stderr()
    service = LiveService(
        home / FOLDER,
        records=records,
        policy=store,
        switch=KamailioSwitch(switch) if switch else None,
        agents=heard,
    )
    uvloop.run(_serve(service, *where))


async def _serve(service: LiveService, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, service.stop)

    def started(port: int) -> None:
        place = f"{host}:{port}"
        note(
            say(f"在 {place} 收镜像信令，话单在 {service.records}", f"mirror on {place}, records in {service.records}")
        )

    await service.run(host, port, started)
    counts = service.counts
    rows = count(counts.get("records_rows", 0))
    received, dropped = count(counts["received"]), count(counts["dropped"])
    note(
        say(
            f"已停下：收到 {received} 包，内核丢弃 {dropped}，写出 {rows} 条话单",
            f"stopped: {received} packets received, {dropped} dropped by the kernel, {rows} records written",
        )
    )
