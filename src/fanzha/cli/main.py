"""Decides what the program `fanzha` does with a command line, and how every failure is told to whoever typed it."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from fanzha import __version__
from fanzha.cli.failure import told
from fanzha.cli.language import LANGUAGES, say, translate_click
from fanzha.errors import FanzhaError, InputError, StorageError

translate_click()  # before the first text is made
# Command -> (module, short help): a module is imported only when its command is asked for.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "demo",
        say("一条命令看全貌：造省、导入、检测、出报告", "make a province, import it, scan it, write a report"),
    ),
    "world": ("world", say("生成合成省份（话单、资料、真相）", "make a synthetic province with its ground truth")),
    "import": ("intake", say("导入话单或资料表", "import call records or reference tables")),
    "scan": ("scan", say("对数据湖运行规则包，给出预警", "run the rule pack over the lake: ranked alerts")),
    "watch": ("watch", say("盯住一个目录，来文件即检测", "take files as they arrive and raise alerts live")),
    "parity": (
        "parity",
        say("实时判定与历史重放逐条比对，差异给出原因", "live decisions beside a replay: every difference explained"),
    ),
    "alerts": ("alerts", say("查看 watch 已发出的预警", "the alerts that watch has raised")),
    "gateway": ("gateway", say("呼叫网关：SIP与HTTP判定", "the call gateway: verdicts over SIP and HTTP")),
    "edge": (
        "edge",
        say("参考边缘 Kamailio：启动、下发规则、状态", "the reference edge: start it, push rules, its state"),
    ),
    "hep": ("hep", say("收镜像信令：跟踪呼叫，写出话单", "take mirrored signalling: follow calls, write records")),
    "policy": ("policy", say("名单、专线合同的发布与查询", "publish lists and trunk contracts, ask what is in force")),
    "verdicts": (
        "verdicts",
        say("裁决：查理由、入湖、用策略重放历史", "verdicts: why, into the lake, a policy tried on the past"),
    ),
    "calls": ("calls", say("正在进行的呼叫：查看、阻断", "the calls in progress: see them, cut one")),
    "explain": ("explain", say("解释一个号码、终端或小区", "all about one number, device or cell, and why")),
    "rules": ("rules", say("检查、列出、查看规则", "check, list and show rules")),
    "backtest": (
        "backtest",
        say("上线前在历史上试规则：抓到谁、误伤谁、代价", "try a rule on history: whom it catches, whom it hurts"),
    ),
    "train": ("train", say("用带标签的表训练模型", "train a model on a labelled table")),
    "evaluate": ("evaluate", say("用带标签的表评测模型", "score a trained model on a labelled table")),
    "learn": (
        "learn",
        say("从结论中学习：挑战者、模型卡、启用、漂移", "learn from outcomes: challenger, card, release, drift"),
    ),
    "lake": ("lake", say("查看数据湖，删除到期记录", "what the lake holds; delete what is past its time")),
    "quarantine": ("quarantine", say("查看被隔离的行及原因", "rows that were refused, and why")),
    "serve": ("serve", say("运行工作台等角色（--demo 看演示）", "run the desk and its companions (--demo shows it)")),
    "desk": ("desk", say("工作台的维护：数据表、机构、人员", "upkeep of the desk: tables, organisations, people")),
    "audit": ("audit", say("校验审计记录是否完整", "verify that the audit trail is whole")),
}
_HELP = say(
    """反诈：从话单里找出电信诈骗，每条预警都说清理由。

    \b
    全部状态在 FANZHA_HOME（默认 ./var）。语言：--lang 或 FANZHA_LANG=zh|en。
    FANZHA_DEBUG=1 在出错时显示完整调用栈。

    \b
    退出码
      0    完成（有隔离行、有预警也是 0）
      1    其他可以改正的错误
      2    命令行写错
      3    有文件完全无法读取（其余文件照常导入）
      4    规则或词表有错
      5    数据湖、检查点或磁盘不可用
      6    模型缺失、未签名或不匹配
      7    策略被拒绝或不存在
      8    工作规程此刻不允许（双人复核、配额、缺理由）
      9    parity：有无法解释的差异
      70   程序自身的错误，请报告
      130  被 Ctrl-C 中断
    """,
    """Fanzha (反诈) finds telecom fraud in call records and gives the reason of every alert.

    \b
    All state lives under FANZHA_HOME (default ./var). Language: --lang or FANZHA_LANG=zh|en.
    FANZHA_DEBUG=1 shows the whole traceback of an error.

    \b
    Exit codes
      0    done (also with quarantined rows, also with alerts)
      1    another error that you can put right
      2    the command line is wrong
      3    a file could not be read at all (the others were imported)
      4    a rule or a vocabulary file is wrong
      5    the lake, a checkpoint or the disk cannot be used
      6    a model is missing, unsigned or does not fit
      7    a policy was refused, or is not there
      8    the rules of work forbid it now (four eyes, a quota, a missing reason)
      9    parity: some difference is unexplained
      70   an error of the program itself: please report it
      130  stopped by Ctrl-C
    """,
)


class Commands(click.Group):
    """The commands, each imported when it is first asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"fanzha.cli.{COMMANDS[cmd_name][0]}").command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List them without importing them."""
        with formatter.section(say("命令", "Commands")):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(
    cls=Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="fanzha")
@click.option("--lang", type=click.Choice(LANGUAGES), help=say("语言", "language"))
def fanzha(lang: str | None) -> None:
    """The group; `--lang` was already heeded when the texts were made (language.py)."""
    if lang:
        os.environ["FANZHA_LANG"] = lang


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, and leave with the exit code that the help promises. Never a traceback for what a person can cause."""
    _ready_output()
    try:
        code = fanzha.main(args=arguments, prog_name="fanzha", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        code = _told(error)
    sys.exit(code if isinstance(code, int) else 0)


def _ready_output() -> None:
    """Where output was closed (`>&-`) it goes nowhere; a name in GBK or a terminal without Chinese is no fault."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _told(error: BaseException) -> int:
    """Say what went wrong on standard error; the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if os.environ.get("FANZHA_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        print(say("已中断", "stopped"), file=sys.stderr)
        return 130
    if isinstance(error, BrokenPipeError):  # the reader went away (`| head`): nothing to say
        _drop_output()
        return 141
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, FanzhaError):
        print(say("错误：", "error: ") + told(error), file=sys.stderr)
        return error.exit_code
    return _unexpected(error)


def _drop_output() -> None:
    """What standard output would not take (its reader is gone, its disk is full) is not tried again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unexpected(error: BaseException) -> int:
    """What the operating system refuses a person can put right; the rest is ours."""
    if isinstance(error, OSError):
        where = str(error.filename) if error.filename else ""
        hint = "check that it is there and who may read and write it" if where else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = where or os.environ.get("FANZHA_HOME") or "var"  # nobody said which file: most are there
            hint = "free some disk space and do it again"
        known: FanzhaError = StorageError(error.strerror or str(error), where=where, hint=hint)
        print(say("错误：", "error: ") + told(known), file=sys.stderr)
        _drop_output()
        return 5
    if isinstance(error, UnicodeError):
        known = InputError("a name or a text is not UTF-8", hint="rename the file, or save it as UTF-8")
        print(say("错误：", "error: ") + told(known), file=sys.stderr)
        return known.exit_code
    if isinstance(error, MemoryError):
        print(say("错误：内存不足", "error: not enough memory"), file=sys.stderr)
        return 5
    print(
        say("程序内部错误：", "internal error: ")
        + f"{type(error).__name__}: {error}\n  -> "
        + say("FANZHA_DEBUG=1 重跑可见详情，请连同它报告", "run again with FANZHA_DEBUG=1 and report what it shows"),
        file=sys.stderr,
    )
    return 70


if __name__ == "__main__":
    main()
