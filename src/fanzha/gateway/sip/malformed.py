"""Decides how a message that breaks SIP is told apart: with the answer it may get, never one that stops a call."""

from __future__ import annotations


class Malformed(ValueError):
    """What was received breaks a rule of SIP. `code` and `phrase`: the answer, where one can be sent.

    mild: it leaves beyond doubt who calls whom, and how an answer finds its way: such an INVITE gets its verdict, or
    whoever can write one such header would be judged by nobody (RFC 4475 lets a receiver be liberal there).
    """

    def __init__(self, phrase: str, code: int = 400, *, mild: bool = False) -> None:
        super().__init__(phrase)
        self.code = code
        self.phrase = phrase
        self.mild = mild


def graver(one: Malformed | None, other: Malformed | None) -> Malformed | None:
    """Of two faults the one that decides the answer; the first of two that weigh the same."""
    if one is None or (one.mild and other is not None and not other.mild):
        return other
    return one
