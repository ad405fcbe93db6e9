from __future__ import annotations

from typing import Any

from fanzha.gateway.edge.alarm import PAUSE_S, Alarm


class Counters:
    """An edge that has counted what a test says."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def ask(self, method: str, *parameters: str | int) -> Any:
        assert (method, parameters) == ("stats.fetch", ("script:",))
        return {f"script.{name}": str(value) for name, value in self.counts.items()}


def test_unscreened_calls_raise_an_alarm_at_once_and_then_now_and_then() -> None:
    edge = Counters(calls=9, unscreened=4, unscreened_timeout=4, unscreened_overload=0)
    alarm = Alarm(edge)
    assert alarm.look(0.0) == ""  # what was before we came
    edge.counts |= {"calls": 12, "unscreened": 7, "unscreened_timeout": 5, "unscreened_overload": 2}
    assert alarm.look(1.0) == "3 calls went on unscreened (未经研判放行): timeout 1, overload 2"
    edge.counts |= {"unscreened": 8, "unscreened_timeout": 6}
    assert alarm.look(2.0) == ""
    edge.counts = {"unscreened": 2, "unscreened_timeout": 2}  # restarted
    assert alarm.look(1.0 + PAUSE_S) == "3 calls went on unscreened (未经研判放行): timeout 3"
    assert alarm.look(100.0) == ""
