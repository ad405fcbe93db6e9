"""Decides how `fanzha gateway` is started, and how its HTTP tokens are made, listed and revoked."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanzha.cli import start
from fanzha.cli.language import say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, foreign, note, nothing, show_json, table
from fanzha.errors import UsageError

if TYPE_CHECKING:
    from fanzha.gateway.http.tokens import Tokens

_HELP = say(
    """呼叫网关：交换机用SIP或HTTP询问，回答放行、标记或拦截。Ctrl-C 或 SIGTERM 处理完手头呼叫后结束。

    \b
    只听本机，除非另给地址；只答 --peer 与 --peers-file 里的地址，其余一律沉默并计数。
    策略取自 --policy 目录（最后一份好的策略，桌面端不在也照用），有增量时一秒内生效。
    SIGHUP 重读名单与令牌。某个进程死了会自动重启。日志是标准错误上的JSON行，号码一律掩码。

    \b
    例
      fanzha gateway --sip 127.0.0.1:5070 --http 127.0.0.1:8080 --policy var/policy
      fanzha gateway --sip 10.0.0.5:5070 --peer 10.0.0.0/24 --workers 2 --go-on 503
      fanzha gateway token add 短信中心 --scope decide --days 90
    """,
    """The call gateway: switches ask it over SIP or HTTP; it answers go on, label or block. Ctrl-C or SIGTERM
    ends it when the calls at hand are answered.

    \b
    It listens on this machine only, unless told otherwise, and answers the addresses of --peer and
    --peers-file only: others get silence and are counted. Policy comes from --policy (the last good one,
    enforced also while the desk is down); a delta takes effect within a second. SIGHUP reads peers and
    tokens anew. A process that dies is started again. The log is JSON lines on standard error, numbers masked.

    \b
    Examples
      fanzha gateway --sip 127.0.0.1:5070 --http 127.0.0.1:8080 --policy var/policy
      fanzha gateway --sip 10.0.0.5:5070 --peer 10.0.0.0/24 --workers 2 --go-on 503
      fanzha gateway token add sms-centre --scope decide --days 90
    """,
)
_LONGEST_NAME = 100  # of a token: a line of a list
_HERE = ("127.0.0.0/8", "::1")
_SCOPES = say("权限，可多次写：", "may be given more than once: ") + "decide explain calls release policy metrics"
_TOKEN_HELP = say("HTTP令牌：新建、列出、撤销（只存散列）", "HTTP tokens: make, list, revoke (only hashes are kept)")


@click.group("gateway", help=_HELP, invoke_without_command=True)
@click.option(
    "--sip", default="127.0.0.1:5070", show_default=True, help=say("SIP地址，off 关闭", "SIP address, or off")
)
@click.option(
    "--http", default="127.0.0.1:8080", show_default=True, help=say("HTTP地址，off 关闭", "HTTP address, or off")
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help=say("进程数", "processes"))
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help=say("策略目录（默认 FANZHA_HOME/policy）", "policy folder [FANZHA_HOME/policy]"),
)
@click.option("--trust", multiple=True, help=say("信任的签发公钥：文件或十六进制", "public key obeyed: a file, or hex"))
@click.option("--source", default="", help=say("桌面端地址或目录", "desk to follow: an address or a folder"))
@click.option(
    "--go-on",
    type=click.Choice(["404", "503"]),
    help=say("放行的应答码（默认按应答方案）", "code for go on [as profiles say]"),
)
@click.option(
    "--source-token", type=click.Path(path_type=Path), help=say("桌面端令牌文件", "file with the desk's token")
)
@click.option(
    "--peer",
    multiple=True,
    help=say("可询问的地址或网段（默认本机）", "address or network that may ask [this machine]"),
)
@click.option("--peers-file", type=click.Path(path_type=Path), help=say("同上，每行一个", "more of them, one a line"))
@click.option(
    "--edge",
    multiple=True,
    help=say("其 X-Fanzha 字段可信的边缘（默认本机）", "edge whose X-Fanzha fields hold [this machine]"),
)
@click.pass_context
def command(
    context: click.Context,
    sip: str,
    http: str,
    workers: int,
    policy: Path | None,
    trust: tuple[str, ...],
    source: str,
    source_token: Path | None,
    go_on: str | None,
    peer: tuple[str, ...],
    peers_file: Path | None,
    edge: tuple[str, ...],
) -> None:
    """See the help."""
    if context.invoked_subcommand is not None:
        return
    if sip == http == "off":
        raise UsageError(
            say("没有可听的：--sip 与 --http 都关了", "nothing to listen on: --sip and --http are both off")
        )
    if source_token is not None and not source_token.is_file():
        raise UsageError(say(f"没有文件 {source_token}", f"there is no file {source_token}"), where="--source-token")
    home = start.begin()
    import secrets

    from fanzha.gateway.gateway import run_gateway
    from fanzha.gateway.settings import Settings, address, obeyed_keys

    settings = Settings(
        sip=None if sip == "off" else address(sip),
        http=None if http == "off" else address(http),
        workers=workers,
        policy=policy or home / "policy",
        state=home / "gateway",
        control=home / "calls" / "control.sock",
        trusted=obeyed_keys(home, trust),
        source=source,
        source_token=source_token,
        go_on=int(go_on) if go_on else None,
        peers=peer or _HERE,
        peers_file=peers_file,
        edges=edge or _HERE,
        seed=secrets.token_bytes(32),
    )
    run_gateway(settings)
    note(say("网关已停下", "the gateway has stopped"))


@command.group("token", help=_TOKEN_HELP)
def token() -> None:
    """See the help."""


@token.command("add", help=say("新建令牌；只显示这一次", "make a token; it is shown this once"))
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help=_SCOPES)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1), help=say("有效天数", "days it holds"))
def add(name: str, scopes: tuple[str, ...], days: int) -> None:
    """See the help."""
    from fanzha.gateway.http.bounds import bounds
    from fanzha.gateway.http.tokens import Scope

    unknown = [scope for scope in scopes if scope not in list(Scope)]
    if unknown:
        raise UsageError(f"no such scope: {unknown[0]!r} (没有这个权限)", hint=f"one of {', '.join(Scope)}")
    if not 1 <= len(name.strip()) <= _LONGEST_NAME:
        raise UsageError(
            say(f"名称须为 1 至 {_LONGEST_NAME} 个字", f"a name has 1 to {_LONGEST_NAME} letters"), where="NAME"
        )
    if days > bounds().token_days:
        raise UsageError(f"a token holds at most {bounds().token_days} days (有效期过长)", where="--days")
    now = time.time_ns() // 1000
    print(_tokens().add(name, tuple(Scope(scope) for scope in scopes), now, now + days * 86_400_000_000))
    note(say("请现在保存，以后不再显示", "keep it now: it is not shown again"))


@token.command("list", help=say("列出令牌", "list the tokens"))
@click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "JSON"))
def list_(as_json: bool) -> None:
    """See the help."""
    now = time.time_ns() // 1000
    rows = sorted(_tokens().all().values(), key=lambda each: each.made)
    if as_json:
        show_json([
            {"id": each.id, "name": each.name, "scopes": list(each.scopes), "expires": _when(each.expires).isoformat(),
             "holds": each.holds(now)}
            for each in rows
        ])  # fmt: skip
        return
    if not rows:
        note(nothing("令牌", "tokens"))
        return
    shown = table("id", say("名称", "name"), say("权限", "scopes"), say("到期", "expires"), say("状态", "state"))
    for each in rows:
        state = say("有效", "holds") if each.holds(now) else say("失效", "over")
        shown.add_row(each.id, foreign(each.name), " ".join(each.scopes), local(_when(each.expires)), state)
    console().print(shown)


@token.command("revoke", help=say("撤销令牌，立即生效", "end a token at once"))
@click.argument("id_", metavar="ID")
def revoke(id_: str) -> None:
    """See the help."""
    ended = _tokens().revoke(id_, time.time_ns() // 1000)
    note(say(f"已撤销 {ended.id}（{ended.name}）", f"revoked {ended.id} ({ended.name})"))


def _tokens() -> Tokens:
    from fanzha.gateway.http.tokens import Tokens

    return Tokens(start.home() / "gateway" / "tokens.json")


def _when(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, UTC)
