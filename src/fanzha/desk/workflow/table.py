"""Decides what a workflow is: a table of transitions that buttons, API, guards, deadlines, audit and docs all read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise

from fanzha.desk.organisations.models import User

Words = str | Promise
Guard = Callable[[Any, User], Words | None]  # why not, or None


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    right: who may (roles.yaml). guard: says why not, or None. deadline: the id of the clock that starts on arrival, or
    a function of the row that names it; "" stops the clock. four_eyes: the field naming who may NOT do it.
    reason: whether a reason must be given. system: only a timer takes it, no button. tone: the button's colour
    (primary, success, danger, secondary).
    """

    name: str
    label: Words
    sources: frozenset[str]
    target: str
    right: str
    deadline: str | Callable[[Any], str] = ""
    guard: Guard | None = None
    four_eyes: str = ""
    reason: bool = False
    system: bool = False
    tone: str = "secondary"


@dataclass(frozen=True)
class Workflow:
    """The table of one kind of row. `states`: its choices; `initial`: where it is born."""

    name: str
    states: type[TextChoices]
    initial: str
    transitions: tuple[Transition, ...]
    by_name: dict[str, Transition] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = set(self.states.values)
        for each in self.transitions:
            assert each.sources | {each.target} <= known, f"{self.name}.{each.name} names an unknown state"
        object.__setattr__(self, "by_name", {each.name: each for each in self.transitions})
        assert len(self.by_name) == len(self.transitions), f"{self.name} has two transitions of one name"

    def leaving(self, state: str) -> Iterator[Transition]:
        """The transitions that start in a state."""
        return (each for each in self.transitions if state in each.sources)

    def unreachable(self) -> set[str]:
        """States that nothing leads to."""
        seen, todo = {self.initial}, [self.initial]
        while todo:
            for each in self.leaving(todo.pop()):
                if each.target not in seen:
                    seen.add(each.target)
                    todo.append(each.target)
        return set(self.states.values) - seen
