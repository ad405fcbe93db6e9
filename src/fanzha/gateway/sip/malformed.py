"""Decides how a message that breaks SIP is told apart: with the answer it may get, never one that stops a call."""

from __future__ import annotations


class Malformed(ValueError):
    """What was received is no request we can judge. `code` and `phrase`: the answer, where one can be sent."""

    def __init__(self, phrase: str, code: int = 400) -> None:
        super().__init__(phrase)
        self.code = code
        self.phrase = phrase
