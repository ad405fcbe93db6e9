"""Decides how a run talks: tables and progress for people at a terminal, plain JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fanzha.cli.language import say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Step = Callable[[str, float | None], None]
_PLAIN_WIDTH = 140  # of tables that are piped: a page of a log, not of a terminal


def console() -> Console:
    """Standard output; colours and a width of its own only on a terminal. Text that only looks like markup is shown as
    it is."""
    from rich.console import Console
    from rich.errors import MarkupError
    from rich.text import Text

    class Bearing(Console):
        def render_str(self, text: str, **how: Any) -> Text:
            try:
                return super().render_str(text, **how)
            except MarkupError:
                return Text(text)

    return Bearing(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH, soft_wrap=False)


def foreign(text: str) -> str:
    """Words that came from outside, for a table or a line: nothing in them steers the terminal or rich's markup."""
    from rich.markup import escape

    return escape("".join(letter if letter.isprintable() else "·" for letter in text))


def show_json(value: Mapping[str, Any] | list[Any]) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(*columns: str, title: str | None = None, right: tuple[int, ...] = ()) -> Table:
    """An empty table; `right` are the columns of figures."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for at, name in enumerate(columns):
        made.add_column(name, justify="right" if at in right else "left", overflow="fold")
    return made


@contextmanager
def progress(title: str) -> Iterator[Step]:
    """A bar on standard error while the block runs, on a terminal only.

    What is yielded is called with (what, share): share from 0 to 1, or None while nobody knows how much is left.
    """
    if not sys.stderr.isatty():
        yield lambda _what, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def step(what: str, share: float | None) -> None:
            bar.update(task, description=f"{title}: {what}", total=None if share is None else 1.0, completed=share or 0)

        yield step


def count(value: int) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,}"


def note(text: str) -> None:
    """A line for people, on standard error."""
    print(text, file=sys.stderr)


def nothing(what_zh: str, what_en: str) -> str:
    """How an empty list is said."""
    return say(f"没有{what_zh}", f"no {what_en}")
