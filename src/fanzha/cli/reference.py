"""Decides what docs/cli.md says: the help of every command, word for word, so that it cannot grow stale.

FANZHA_LANG=en python -m fanzha.cli.reference > docs/cli.md
FANZHA_LANG=zh python -m fanzha.cli.reference > docs/cli.zh-CN.md
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from fanzha.cli.language import say
from fanzha.cli.main import fanzha

_WIDTH = 100


def reference() -> str:
    """The whole document in the language of this run."""
    head = say(
        "# 命令行\n\n由 `python -m fanzha.cli.reference` 从 `--help` 生成，测试保证其不过时。[English](cli.md)\n",
        "# The command line\n\nMade from `--help` by `python -m fanzha.cli.reference`; a test keeps it current."
        " [中文](cli.zh-CN.md)\n",
    )
    return "\n".join([head, *_sections(fanzha, None, "fanzha")])


def _sections(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    context = click.Context(
        command, parent=parent, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )  # fmt: skip
    lines = (line.rstrip() for line in command.get_help(context).splitlines())
    yield f"## {context.command_path}\n\n```text\n" + "\n".join(lines) + "\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            if found is not None:
                yield from _sections(found, context, each)


if __name__ == "__main__":
    print(reference(), end="")
