"""Decides what `fanzha policy` does: publish lists and contracts, change them, and say what is in force on a number."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fanzha.cli import options, start
from fanzha.cli.language import say
from fanzha.cli.moments import Moment
from fanzha.cli.terminal import console, count, foreign, note, nothing, show_json, table
from fanzha.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from fanzha.policy import Entry, Policy, PolicyStore, Publisher, Receipt

_HELP = say(
    """策略：名单、专线合同、应答方式，签名后发布，网关即时生效。

    \b
    名单文件为 YAML 或 CSV，写法见 docs/policy.md。每次发布或修改都有编号和签名；会拦住紧急或公共服务号码、
    整个号段或过多号码的，一律拒绝并说明理由，原策略继续有效。

    \b
    例
      fanzha policy build 名单.yaml 涉案号码.csv
      fanzha policy check 13812345678
      fanzha policy add 13812345678 --action block --reason police --source 案件7 --expires 2026-12-31
      fanzha policy remove block-5b1f0c2d9e8a7464
      fanzha policy status --json
    """,
    """Policy: lists, trunk contracts and answers, signed and published; gateways enforce them at once.

    \b
    List files are YAML or CSV, as docs/policy.md tells. Every publication and change has a number and a signature.
    What would stop emergency or public-service numbers, a carrier's whole block or too many numbers is refused with
    its reason, and the policy in force stays.

    \b
    Examples
      fanzha policy build lists.yaml police.csv
      fanzha policy check 13812345678
      fanzha policy add 13812345678 --action block --reason police --source case7 --expires 2026-12-31
      fanzha policy remove block-5b1f0c2d9e8a7464
      fanzha policy status --json
    """,
)
folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=say("策略目录（默认 FANZHA_HOME/policy）", "folder of the policy [FANZHA_HOME/policy]"),
)
_ACTIONS = ("allow", "label", "challenge", "limit", "block")


@click.group("policy", help=_HELP)
def command() -> None:
    """The group."""


@command.command(
    "build",
    help=say("由名单文件发布完整策略（快照）", "publish a whole policy (a snapshot) from list files"),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@folder_option
@options.as_json
def build(files: tuple[Path, ...], folder: Path | None, as_json: bool) -> None:
    """All files together are the policy: what is in none of them is no longer in force."""
    publisher = _publisher(folder)
    import pyarrow as pa

    from fanzha.policy.columns import SCHEMA, table_of
    from fanzha.policy.csvlist import read_csv
    from fanzha.policy.written import read_written

    now = time.time_ns() // 1000
    tables = [SCHEMA.empty_table()]
    trunks, profiles = [], []
    for path in files:
        if path.suffix.lower() == ".csv":
            tables.append(read_csv(path, now))
        else:
            written = read_written(path, now)
            tables.append(table_of(written.entries))
            trunks += written.trunks
            profiles += written.profiles
    receipt = publisher.snapshot(pa.concat_tables(tables), trunks=trunks, profiles=profiles)
    _told(receipt, publisher, as_json)


@command.command("add", help=say("加入或替换一条（发布一份增量）", "put one entry in, or in place (publishes a delta)"))
@click.argument("value")
@click.option("--action", required=True, type=click.Choice(_ACTIONS), help=say("处置", "what is done"))
@click.option("--reason", required=True, help=say("原因代码（reasons.yaml）", "code of reasons.yaml"))
@click.option("--source", required=True, help=say("依据的文书或措施", "the document or measure behind it"))
@click.option("--expires", required=True, type=Moment(last=True), help=say("到何时止", "until when"))
@click.option("--starts", type=Moment(), help=say("从何时起（默认立即）", "from when [now]"))
@click.option("--callee", is_flag=True, help=say("针对被叫", "about the callee"))
@click.option("--device", is_flag=True, help=say("是终端串号", "the value is an IMEI"))
@click.option(
    "--region",
    default=0,
    type=options.REGION,
    help=say("区划（2、4或6位，默认全国）", "region of 2, 4 or 6 digits [everywhere]"),
)
@click.option(
    "--per-minute",
    default=0,
    type=click.IntRange(0, 1_000_000),
    help=say("限频：每分钟放行几次", "for limit: calls a minute let through"),
)
@click.option("--rule", default="", help=say("依据的规则 id@版本", "the rule behind it, id@version"))
@click.option("--basis", default="", help=say("法律依据", "legal basis"))
@click.option("--id", "identity", default="", help=say("编号（默认由内容得出）", "id [made from what it says]"))
@folder_option
@options.as_json
def add(value: str, folder: Path | None, as_json: bool, **given: Any) -> None:
    """A value that ends with a star is a prefix. The first entry of all is published as a snapshot."""
    if not given["source"].strip():
        raise UsageError(say("须写明依据的文书或措施", "say which document or measure is behind it"), where="--source")
    publisher = _publisher(folder)
    entry = _entry(value, **given)
    receipt = publisher.delta([entry]) if publisher.store.version else publisher.snapshot([entry])
    _told(receipt, publisher, as_json)


def _entry(value: str, *, callee: bool, device: bool, identity: str, action: str, **given: Any) -> Entry:
    from fanzha.policy import Action, Entry, Side, Subject
    from fanzha.policy.written import name_of

    subject = Subject.DEVICE if device else Subject.PREFIX if value.endswith("*") else Subject.NUMBER
    side = Side.CALLEE if callee else Side.CALLER
    starts, expires = given.pop("starts"), given.pop("expires")
    return Entry(
        id=identity or name_of(subject.value, side.value, value, action, given["region"]),
        subject=subject,
        side=side,
        value=value,
        action=Action[action.upper()],
        starts=_micros(starts) if starts else time.time_ns() // 1000,
        expires=_micros(expires),
        **given,
    )


@command.command("remove", help=say("撤下若干条（发布一份增量）", "take entries out (publishes a delta)"))
@click.argument("ids", nargs=-1, required=True)
@folder_option
@options.as_json
def remove(ids: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """By their ids; exit 7 if there is none of them."""
    from fanzha.errors import PolicyError

    publisher = _publisher(folder)
    policy = _current(publisher.store)
    missing = [identity for identity in dict.fromkeys(ids) if policy.entry(identity) is None]
    if len(missing) == len(set(ids)):
        raise PolicyError(
            f"no such entry: {', '.join(missing)}", hint="fanzha policy show, or check NUMBER, gives the ids"
        )
    receipt = publisher.delta(remove=list(dict.fromkeys(ids)))
    for identity in missing:
        note(say(f"没有此条：{identity}", f"no such entry: {identity}"))
    _told(receipt, publisher, as_json)


@command.command("compact", help=say("把历次增量并入新快照", "take all deltas into a new snapshot"))
@folder_option
@options.as_json
def compact(folder: Path | None, as_json: bool) -> None:
    """Due after thousands of deltas: a start reads them all."""
    publisher = _publisher(folder)
    _told(publisher.compact(), publisher, as_json)


@command.command("check", help=say("某号码此刻受哪些名单约束", "which entries name a number just now"))
@click.argument("number")
@click.option("--callee", is_flag=True, help=say("作为被叫", "as the callee"))
@click.option("--device", help=say("主叫的终端串号", "the caller's IMEI"))
@click.option(
    "--region", default=0, type=options.REGION, help=say("呼叫所在区划（6位）", "where the call is served (6 digits)")
)
@click.option("--at", "moment", type=Moment(), help=say("何时（默认此刻）", "when [now]"))
@folder_option
@options.as_json
def check(
    number: str,
    callee: bool,
    device: str | None,
    region: int,
    moment: datetime | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Lists only: contracts and counters need a call (fanzha gateway)."""
    policy = _current(_store(folder))
    from fanzha.cli.entries import plain, show_entries
    from fanzha.numbering import display, mask, parse
    from fanzha.policy import Side

    key = parse(number).number
    at = _micros(moment) if moment else time.time_ns() // 1000
    hits = policy.hit(Side.CALLEE if callee else Side.CALLER, key, number, device, region, at)
    protected = policy.protected(key)
    if as_json:
        found = {"number": display(key, number), "protected": protected, "hits": [plain(hit) for hit in hits]}
        show_json({**found, "version": policy.version})
        return
    if protected:
        console().print(
            say(
                "紧急或公共服务号码：任何名单都不能拦截",
                "an emergency or public-service number: no list can stop it",
            )
        )
    if hits:
        show_entries(list(hits))
    else:
        console().print(f"{foreign(mask(number))}: {nothing('名单条目', 'entry names it')}")


@command.command("show", help=say("列出有效名单与专线", "list entries and trunks"))
@click.option("--limit", default=50, type=options.ROWS, show_default=True, help=say("最多几条", "at most so many"))
@click.option("--trunks", is_flag=True, help=say("列专线合同", "the trunk contracts instead"))
@folder_option
@options.as_json
def show(limit: int, trunks: bool, folder: Path | None, as_json: bool) -> None:
    """Entries in no special order; numbers are masked but in JSON."""
    from itertools import islice

    from fanzha.cli.entries import plain, show_entries, show_trunks

    policy = _current(_store(folder))
    if trunks:
        show_trunks(policy, limit, as_json)
        return
    entries = list(islice(policy, limit))
    if as_json:
        show_json([plain(entry) for entry in entries])
        return
    show_entries(entries)
    if len(policy) > limit:
        console().print(say(f"… 共 {count(len(policy))} 条", f"... {count(len(policy))} in all"))


@command.command("status", help=say("版本、时效、条数、被拒情况", "version, age, entries, what was refused"))
@folder_option
@options.as_json
def status(folder: Path | None, as_json: bool) -> None:
    """Exit 7 if no policy is in force."""
    store = _store(folder)
    found = _status(store)
    if as_json:
        show_json(found)
    else:
        made = table("", "")
        made.show_header = False
        for name, value in found.items():
            made.add_row(f"[bold]{name}", str(value))
        console().print(made)
    _current(store)


def _status(store: PolicyStore) -> dict[str, Any]:
    from fanzha.cli.entries import local_text

    policy, refused, heard = store.current, store.refusals.rows(), store.heard_at()
    age = store.age_s()
    return {
        "folder": str(store.folder),
        "version": store.version,
        "published": local_text(policy.compiled_at) if policy else None,
        "age_s": None if age is None else round(age),
        "desk_heard": local_text(heard) if heard else None,
        "signer": policy.signer if policy else None,
        "entries": store.entries,
        "deltas": policy.deltas if policy else 0,
        "beside_snapshot": policy.changes if policy else 0,
        "trunks": len(policy.trunks) if policy else 0,
        "plan_as_of": str(policy.plan_as_of) if policy and policy.plan_as_of else None,
        "refused": store.refusals.totals(),
        "last_refusal": refused[-1] if refused else None,
        "damaged": store.damaged,
    }


def _publisher(folder: Path | None) -> Publisher:
    home = start.begin()
    from fanzha.errors import PolicyError
    from fanzha.gateway.sample import LastCalls
    from fanzha.policy import Publisher
    from fanzha.signing.keys import Keys

    secret = Keys(home, "policy", PolicyError).secret()
    return Publisher(folder or home / "policy", secret, seen=LastCalls(home / "gateway" / "verdicts"))


def _store(folder: Path | None) -> PolicyStore:
    home = start.begin()
    from fanzha.errors import PolicyError
    from fanzha.policy import PolicyStore
    from fanzha.signing.keys import Keys

    store = PolicyStore(folder or home / "policy", Keys(home, "policy", PolicyError).trusted())
    store.load()
    return store


def _current(store: PolicyStore) -> Policy:
    from fanzha.errors import PolicyError

    if store.current is None:
        fault = f"no policy can be used; damaged: {', '.join(store.damaged)}" if store.damaged else "there is no policy"
        raise PolicyError(fault, where=str(store.folder), hint="fanzha policy build FILE, or give --folder")
    return store.current


def _told(receipt: Receipt, publisher: Publisher, as_json: bool) -> None:
    import msgspec

    if as_json:
        show_json({"folder": str(publisher.store.folder), **msgspec.to_builtins(receipt)})
        return
    console().print(
        say(
            f"策略 {receipt.number} 已发布：新增 {count(receipt.added)}，替换 {count(receipt.replaced)}，"
            f"撤下 {count(receipt.removed)}，已过期未收 {count(receipt.ended)}，共 {count(receipt.entries)} 条",
            f"policy {receipt.number} published: {count(receipt.added)} added, {count(receipt.replaced)} replaced, "
            f"{count(receipt.removed)} removed, {count(receipt.ended)} left out as ended, "
            f"{count(receipt.entries)} in all",
        )
    )


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
