"""Decides what a victim is owed after a cut: a person's call-back (回访劝阻) in minutes, as a ticket for the desk."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from fanzha.numbering import mask
from fanzha.vocabulary import settings


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One call-back. victim: in full, for somebody must dial it; the texts are masked. Times: UTC microseconds.

    release: id of the release behind it. deadline: first contact is made by then. level: red, as a live call with a
    listed number is (domain 2.3).
    """

    id: str
    release: str
    victim: str
    made: int
    deadline: int
    level: str
    zh: str
    en: str


def ticket_for(release: str, victim: str, other: str | None, made: int, talked_s: int, minutes: int) -> Ticket:
    """The ticket of one release. other: the other party, None if withheld."""
    deadline = made + minutes * 60_000_000
    until = datetime.fromtimestamp(deadline / 1e6, UTC).astimezone(ZoneInfo(settings().timezone))
    hidden = mask(other) if other else ""
    return Ticket(
        id=f"callback-{release}",
        release=release,
        victim=victim,
        made=made,
        deadline=deadline,
        level="red",
        zh=f"用户 {mask(victim)} 与涉诈嫌疑号码 {hidden or '（隐藏号码）'} 通话 {talked_s} 秒后被阻断，"
        f"请于 {until:%H:%M:%S} 前人工回访劝阻。",
        en=f"Subscriber {mask(victim)} was cut off after {talked_s} s with suspect {hidden or '(withheld number)'}: "
        f"call back in person by {until:%H:%M:%S}.",
    )
