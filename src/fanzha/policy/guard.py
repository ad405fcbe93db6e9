"""Decides which lists no gateway takes, whoever signed them: what would stop emergency calls, or a whole carrier.

The limits of reach hold for what hampers calls (challenge, limit, block): a label harms nobody, an allowed number even
less. Checks are over columns, so that ten million entries cost a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.numbering import mask
from fanzha.policy.action import Action
from fanzha.policy.book import Book
from fanzha.policy.entry import Entry, Subject
from fanzha.policy.filing import Lane
from fanzha.policy.limits import limits
from fanzha.policy.policy import Policy
from fanzha.policy.protected import protected_keys
from fanzha.policy.reach import assigned_numbers, reach, too_wide
from fanzha.policy.reasons import reasons
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.sealed import Terms

_DAY = 86_400_000_000
_CHUNK = 1_000_000
_REGIONS = ((11, 82), (1100, 8299), (110000, 829999))
Array = NDArray[Any]


def check_book(book: Book) -> None:
    """Raises Refused for the first entry that says nothing usable, or would do harm."""
    for check in (_check_terms, _check_times, _check_protected, _check_texts, _check_ids, _check_crowds):
        check(book)
        book.forget()
    for lane in (Lane.CALLER_PREFIX, Lane.CALLEE_PREFIX):
        check_prefixes(book.entry(row) for row in book.rows(lane))


def _check_terms(book: Book) -> None:
    for at, terms in enumerate(book.terms):
        fault = _fault(terms)
        if fault:
            _refuse(book, book.array("terms") == at, Refusal.ENTRY, fault)


def _check_times(book: Book) -> None:
    longest = limits().longest_days
    for first in range(0, len(book), _CHUNK):
        starts, expires = (book.array(name)[first : first + _CHUNK] for name in ("starts", "expires"))
        _refuse(book, expires <= starts, Refusal.EXPIRY, "it has no end after its start", first)
        too_long = expires - starts > longest * _DAY
        _refuse(book, too_long, Refusal.EXPIRY, f"it lasts longer than {longest} days", first)


def check_prefixes(entries: Iterable[Entry]) -> None:
    """Raises Refused for a prefix that would stop too much."""
    for entry in entries:
        fault = too_wide(entry.value) if entry.subject is Subject.PREFIX and entry.action > Action.LABEL else ""
        if fault:
            raise Refused(
                Refusal.PREFIX,
                f"prefix {entry.value}: {fault}",
                where=f"entry {entry.id}",
                hint="name the numbers, or longer prefixes; a label may cover more",
            )


def check_share(policy: Policy) -> None:
    """Raises Refused where all entries together cover too large a share of the country's numbers."""
    covered = len(policy) + sum(reach(entry.value) for entry in policy.prefixes() if entry.action > Action.LABEL)
    most = limits().numbers_share * assigned_numbers()
    if covered > most:
        raise Refused(
            Refusal.SHARE,
            f"the lists cover about {covered:,} numbers, more than {most:,.0f}, {limits().numbers_share:.1%} of all",
            hint="take out the widest prefixes",
        )


def _fault(terms: Terms) -> str:
    """What is wrong with what many entries share; "" if nothing."""
    if terms.reason not in reasons():
        return f"{terms.reason!r} is no reason of reasons.yaml"
    if terms.region and not any(low <= terms.region <= high for low, high in _REGIONS):
        return f"{terms.region} is no region of 2, 4 or 6 digits"
    if (terms.action == Action.LIMIT) != (terms.per_minute > 0):
        return "a limit needs per_minute above 0, and nothing else has one"
    if max(len(terms.rule), len(terms.basis)) > limits().text_characters:
        return f"rule or basis are longer than {limits().text_characters} characters"
    return ""


def _check_protected(book: Book) -> None:
    """Emergency and public-service numbers, with or without an area code."""
    mild = [terms.action <= Action.LABEL for terms in book.terms]
    for lane in (Lane.CALLER, Lane.CALLEE):
        keys = book.array("key")[book.lanes[lane] : book.lanes[lane + 1]]
        wanted = np.fromiter(protected_keys(), np.int64)
        places = np.searchsorted(keys, wanted)
        inside = places < len(keys)
        for key in wanted[inside][keys[places[inside]] == wanted[inside]].tolist():
            for row in book.find(lane, key):
                if not mild[book.codes[row]]:
                    raise _protected(book.entry(row))


def _protected(entry: Entry) -> Refused:
    return Refused(
        Refusal.PROTECTED,
        f"{entry.value} is an emergency or public-service number, which nothing may stop",
        where=f"entry {entry.id}",
        hint="take the entry out; whoever borrows that number is stopped by rules R2 and R6",
    )


def _check_texts(book: Book) -> None:
    most = limits().text_characters
    for name in ("id", "source", "text"):
        begins = book.array(f"{name}_at")
        lengths = begins[1:] - begins[:-1]
        if len(lengths) and lengths.max() > most:
            raise Refused(Refusal.ENTRY, f"a text in {name} is longer than {most} bytes")
        if name == "id":
            _refuse(book, lengths == 0, Refusal.ENTRY, "it has no id")


def _check_ids(book: Book) -> None:
    """They must stand in order, each once, or an entry could not be taken out again."""
    begins, text = book.array("id_at"), pa.py_buffer(book.array("id_text"))
    ids = pa.BinaryArray.from_buffers(pa.binary(), len(book), [None, pa.py_buffer(begins), text])
    order = book.array("id_order")
    for first in range(0, len(book), _CHUNK):
        part = ids.take(pa.array(order[first : first + _CHUNK + 1]))
        wrong = pc.greater_equal(part[:-1], part[1:])
        if len(part) > 1 and pc.any(wrong).as_py():
            same = pc.index(wrong, True).as_py()
            raise Refused(
                Refusal.DUPLICATE,
                "one id for two entries",
                where=f"entry {part[same].as_py()}",
                hint="every entry has an id of its own",
            )


def _check_crowds(book: Book) -> None:
    most = limits().entries_per_value
    for lane in (Lane.CALLER, Lane.CALLEE, Lane.DEVICE):
        first = book.lanes[lane]
        keys = book.array("key")[first : book.lanes[lane + 1]]
        crowded = keys[most:] == keys[:-most] if len(keys) > most else np.zeros(0, np.bool_)
        if crowded.any():
            value = book.entry(first + int(np.argmax(crowded))).value
            raise Refused(Refusal.ENTRY, f"more than {most} entries on {mask(value)}", hint="one measure is one entry")


def _refuse(book: Book, wrong: Array, refusal: Refusal, fault: str, first: int = 0) -> None:
    """Raises Refused naming the first row that is wrong; `wrong` begins at row `first`."""
    if wrong.any():
        entry = book.entry(first + int(np.argmax(wrong)))
        raise Refused(
            refusal, f"{mask(entry.value)}: {fault}", where=f"entry {entry.id}", hint="correct or remove the entry"
        )
