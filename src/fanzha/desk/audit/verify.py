"""Decides whether the audit trail is whole: any entry changed, taken out, slipped in or cut off is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fanzha.desk.audit.chain import head_mac, seal
from fanzha.desk.audit.models import Entry, Head
from fanzha.desk.organisations.models import User

_MOST = 20  # faults that are listed
_CHUNK = 2000
_UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError)  # of a field that holds what none of ours would


@dataclass
class Verdict:
    """What was found. `head` is "number:seal"; noted elsewhere, it proves that nothing before it was rewritten."""

    entries: int = 0
    head: str = "0:"
    faults: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is amiss."""
        return not self.faults


def verify(noted: str = "") -> Verdict:
    """Walk the whole chain once. `noted`: an earlier `head`, which must still be in it."""
    found = Verdict()
    last, expected = "", 0
    noted_number, _, noted_seal = noted.partition(":")
    noted_met = not noted or noted_number == "0"
    for number, entry in _entries():
        found.entries += 1
        expected += 1
        for fault in _faults(number, entry, expected, last):
            _note(found, fault)
        expected, last = number, entry.seal if entry else ""
        noted_met |= str(number) == noted_number and last == noted_seal
    for fault in _ends(expected, last):
        _note(found, fault)
    if not noted_met:
        _note(found, f"{noted_number}: 与此前记下的链尾不符 the noted head is not in the chain")
    found.head = f"{expected}:{last}"
    return found


def _entries() -> Iterator[tuple[int, Entry | None]]:
    """By number; None for one that was made unreadable."""
    after, ordered = -(2**63), Entry.objects.order_by("number")
    while numbers := list(ordered.filter(number__gt=after).values_list("number", flat=True)[:_CHUNK]):
        here = ordered.filter(number__gt=after, number__lte=numbers[-1])
        try:
            yield from [(entry.number, entry) for entry in here]
        except _UNREADABLE:
            yield from ((number, _entry(number)) for number in numbers)
        after = numbers[-1]


def _entry(number: int) -> Entry | None:
    try:
        return Entry.objects.get(number=number)
    except _UNREADABLE:
        return None


def _faults(number: int, entry: Entry | None, expected: int, last: str) -> Iterator[str]:
    if number != expected:
        yield f"{expected}–{number - 1}: 记录缺失 entries are missing"
    elif entry is None or not _sealed(entry, last):
        yield f"{number}: 内容被改动或顺序被打乱 content or order was changed"


def _sealed(entry: Entry, last: str) -> bool:
    try:
        return seal(entry, last) == entry.seal
    except _UNREADABLE:
        return False


def _ends(number: int, last: str) -> Iterator[str]:
    head = Head.objects.filter(pk=1).first() or Head()
    if head.number == 0 and number == 0:
        if User.objects.exists():  # each of whom came with an entry
            yield "0: 记录全部缺失 every entry is missing"
        return
    if head.mac != head_mac(head.number, head.seal):
        yield "链尾记录被改动 the head was changed"
    elif (head.number, head.seal) != (number, last):
        yield f"{head.number}: 链尾不符，末尾记录被删或被加 the chain does not end where it should"


def _note(found: Verdict, fault: str) -> None:
    if len(found.faults) < _MOST:
        found.faults.append(fault)
