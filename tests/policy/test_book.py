"""The policy out of a snapshot and any cut of its changes into deltas answers as a plain dictionary does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.numbering import parse
from fanzha.policy import Action, Entry, Policy, PolicyStore, Publisher, Side, Subject
from fanzha.policy.book import Book
from fanzha.policy.columns import compile_table, table_of
from fanzha.policy.filing import Lane, device_key
from fanzha.signing import public_key

NOW = 1_700_000_000_000_000
SECRET = bytes(range(32))
NUMBERS = ["+8613812345678", "+8613812345679", "+8617091234567", "+855123456789", "irregular:00991234", "057188880000"]
DEVICES = ["490154203237518", "351756051523999"]
PREFIXES = ["+86138123*", "+86170912*", "+855123*", "irregular:0099*"]
REGIONS = [0, 33, 3301, 330106, 44]

values = st.one_of(
    st.tuples(st.just(Subject.NUMBER), st.sampled_from(NUMBERS), st.sampled_from(list(Side))),
    st.tuples(st.just(Subject.PREFIX), st.sampled_from(PREFIXES), st.sampled_from(list(Side))),
    st.tuples(st.just(Subject.DEVICE), st.sampled_from(DEVICES), st.just(Side.CALLER)),
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    subject, value, side = draw(values)
    action = draw(st.sampled_from(list(Action)))
    starts = NOW + draw(st.integers(0, 3))
    return Entry(
        id=f"e{draw(st.integers(0, 30))}", subject=subject, side=side, value=value, action=action,
        reason=draw(st.sampled_from(["police", "fraud"])), source=draw(st.sampled_from(["", "case 1", "清单"])),
        starts=starts, expires=starts + draw(st.integers(1, 3)), region=draw(st.sampled_from(REGIONS)),
        rule=draw(st.sampled_from(["", "r@1"])), per_minute=5 if action is Action.LIMIT else 0,
    )  # fmt: skip


changes = st.lists(st.one_of(entries(), st.integers(0, 30).map(lambda at: f"e{at}")), max_size=12)


def expected(model: dict[str, Entry], side: Side, raw: str, device: str, region: int, at: int) -> set[str]:
    """Who is hit, in the plainest words there are."""
    found, number = set(), parse(raw).number
    for entry in model.values():
        if not entry.starts <= at < entry.expires or (entry.subject is not Subject.DEVICE and entry.side is not side):
            continue
        if entry.region and not str(region).startswith(str(entry.region)):
            continue
        if entry.subject is Subject.DEVICE:
            named = side is Side.CALLER and entry.value == device
        elif entry.subject is Subject.NUMBER:
            named = parse(entry.value).number == number
        else:
            text = f"+{number}" if number > 0 else raw
            named = text.startswith(entry.value[:-1])
        found |= {entry.id} if named else set()
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(entries(), max_size=25, unique_by=lambda entry: entry.id),
    later=st.lists(changes, max_size=4),
    region=st.sampled_from([0, 330106, 330200, 440300]),
    at=st.integers(0, 7),
)
def test_any_split_into_snapshot_and_deltas_answers_as_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[Entry],
    later: list[list[Entry | str]],
    region: int,
    at: int,
) -> None:
    folder: Path = tmp_path_factory.mktemp("split")
    publisher = Publisher(folder, SECRET, clock=lambda: NOW)
    publisher.snapshot(first)
    model = {entry.id: entry for entry in first}
    for change in later:
        add = {item.id: item for item in change if isinstance(item, Entry)}
        remove = list(dict.fromkeys(item for item in change if isinstance(item, str)))
        receipt = publisher.delta(list(add.values()), remove)
        assert receipt.removed == len(model.keys() & set(remove))
        assert receipt.removed + receipt.unknown == len(remove)
        model = {key: held for key, held in model.items() if key not in remove}
        assert receipt.replaced == len(model.keys() & add.keys())
        model |= add
    again = PolicyStore(folder, {public_key(SECRET)}).load()
    for policy in (publisher.store.current, again):
        assert policy is not None
        assert len(policy) == len(model)
        assert {held.id for held in policy} == model.keys()
        for side in Side:
            for raw in NUMBERS:
                for device in DEVICES:
                    hits = policy.hit(side, parse(raw).number, raw, device, region, NOW + at)
                    assert {hit.id for hit in hits} == expected(model, side, raw, device, region, NOW + at)
                    assert [hit.action for hit in hits] == sorted((hit.action for hit in hits), reverse=True)
                    assert all(same(hit, model[hit.id]) for hit in hits)


def same(hit: Entry, given_entry: Entry) -> bool:
    """Every field as it went in; the value as `display` writes it."""
    fields = [name for name in Entry.__struct_fields__ if name != "value"]
    return all(getattr(hit, name) == getattr(given_entry, name) for name in fields)


def test_every_key_of_a_long_lane_is_found_and_no_other(entry) -> None:
    numbers = [8613800000000 + 7 * at for at in range(10_000)]
    book = Book.of(compile_table(table_of(entry(f"+{number}", id=f"{number}") for number in numbers), 0))
    for at in (0, 1, 4095, 4096, 4097, 8192, 9999):
        assert [book.id(row) for row in book.find(Lane.CALLER, numbers[at])] == [str(numbers[at])]
        assert not book.find(Lane.CALLER, numbers[at] + 1)
        assert not book.find(Lane.CALLER, numbers[at] - 1)
        assert not book.find(Lane.CALLEE, numbers[at])
        row = book.row_of(str(numbers[at]))
        assert row is not None
        assert book.entry(row).value == f"+{numbers[at]}"
    assert book.row_of("nobody") is None


def test_an_empty_book_finds_nothing() -> None:
    policy = Policy(book=Book.of(compile_table(table_of([]), 0)))
    assert len(policy) == 0
    assert policy.hit(Side.CALLER, 8613812345678, None, "490154203237518", 0, NOW) == ()
    assert policy.entry("e1") is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("490154203237518", 49015420323751), ("49015420323751", 49015420323751), ("4901542032375101", 49015420323751),
        ("49-015420-323751-8", 49015420323751), ("4901542032375", None), ("x", None), ("", None),
    ],
)  # fmt: skip
def test_a_device_is_met_with_or_without_check_digit_or_software_version(text: str, key: int | None) -> None:
    assert device_key(text) == key
