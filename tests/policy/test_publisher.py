from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from fanzha.policy import Answer, Policy, PolicyStore, Publisher, Refused, Side, Trunk, profile
from fanzha.policy import publisher as publisher_module
from fanzha.policy.limits import limits
from fanzha.signing import public_key

NOW = 1_700_000_000_000_000
SECRET = bytes(range(32))


def current(publisher: Publisher) -> Policy:
    policy = publisher.store.current
    assert policy is not None
    return policy


def test_a_batch_that_was_published_is_not_published_again(tmp_path: Path, entry) -> None:
    first = Publisher(tmp_path, SECRET, clock=lambda: NOW)
    first.snapshot([], batch="s")
    assert first.delta([entry()], batch="measure 7").number == 2
    again = Publisher(tmp_path, SECRET, clock=lambda: NOW)
    receipt = again.delta([entry()], batch="measure 7")
    assert (receipt.known, receipt.taken, receipt.number, receipt.entries) == (True, False, 2, 1)
    assert again.snapshot([], batch="s").known
    assert again.delta([entry()], batch="measure 8").number == 3


def test_two_desks_on_one_folder_share_one_row_of_numbers(tmp_path: Path, entry) -> None:
    desks = [Publisher(tmp_path, SECRET, clock=lambda: NOW) for _ in range(2)]
    numbers = [desks[0].snapshot([]).number]
    numbers += [desks[at % 2].delta([entry(id=f"e{at}", value=f"+861380000000{at}")]).number for at in range(5)]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert len(current(desks[0])) == 5 if desks[0].store.refresh() else len(current(desks[0])) == 5


def test_a_delta_needs_a_snapshot_to_stand_on(publisher: Publisher, entry) -> None:
    with pytest.raises(Refused, match="does not follow"):
        publisher.delta([entry()])
    assert not list(publisher.store.folder.glob(".*"))


def test_what_is_refused_takes_no_number(publisher: Publisher, entry) -> None:
    publisher.snapshot([])
    with pytest.raises(Refused):
        publisher.delta([entry("+86110")])
    assert publisher.delta([entry()]).number == 2


def test_a_delta_changes_trunks_and_profiles_and_leaves_the_rest(publisher: Publisher, entry) -> None:
    one, two = (Trunk(id=name, owner="o", ranges=((1, 9),), peers=(f"10.0.0.{at}",)) for at, name in enumerate("ab"))
    publisher.snapshot([entry()], trunks=[one])
    own = profile.shipped()["default"]
    publisher.delta(trunks=[two], trunks_removed=["a"], profiles=[replaced(own)])
    policy = current(publisher)
    assert (policy.contract("a"), policy.trunk_of("10.0.0.0"), policy.trunk_of("10.0.0.1")) == (None, None, "b")
    assert policy.profile().go_on.code == 480
    assert policy.hit(Side.CALLER, 8613812345678, None, None, 0, NOW)
    again = PolicyStore(publisher.store.folder, {public_key(SECRET)}).load()
    assert again is not None
    assert again.trunks == policy.trunks
    assert again.profiles == policy.profiles
    assert again.plan_as_of == policy.plan_as_of is not None


def replaced(own: profile.Profile) -> profile.Profile:
    return replace(own, go_on=Answer(480, "Temporarily Unavailable"))


def test_many_deltas_are_taken_in_by_a_new_snapshot(publisher: Publisher, monkeypatch, entry) -> None:
    few = replace(limits(), deltas_due=3)
    monkeypatch.setattr(publisher_module, "limits", lambda: few)
    with pytest.raises(Refused, match="nothing was published"):
        publisher.compact()
    own = replaced(profile.shipped()["default"])
    publisher.snapshot([entry()], trunks=[Trunk(id="t", owner="o", ranges=((1, 9),))], profiles=[own])
    for at in range(3):
        assert not publisher.due
        publisher.delta([entry(f"+861390000000{at}", id=f"d{at}")], ["d0"] if at == 2 else [], batch=f"b{at}")
    assert publisher.due
    before = {held.id: held for held in current(publisher)}
    receipt = publisher.compact()
    assert (receipt.number, receipt.entries) == (5, 3)
    assert not publisher.due
    assert {held.id: held for held in current(publisher)} == before
    assert current(publisher).contract("t") is not None
    assert current(publisher).profile() == own
    assert publisher.delta([], batch="b2").known, "what was published before the snapshot is still known"


def test_values_are_spelt_alike_however_they_were_written(publisher: Publisher, entry) -> None:
    publisher.snapshot([entry("138 1234 5678", id="s")])
    publisher.delta([entry("008613812345678", id="d"), entry("irregular:0099", id="i")])
    assert {held.id: held.value for held in current(publisher)} == {
        "s": "+8613812345678", "d": "+8613812345678", "i": "irregular:0099"
    }  # fmt: skip


def test_old_plan_data_only_labels(publisher: Publisher) -> None:
    publisher.snapshot([])
    policy = current(publisher)
    assert policy.plan_as_of is not None
    made = 1_793_491_200_000_000  # 2026-11-01
    assert policy.plan_fresh(made + 86_400_000_000, 366)
    assert not policy.plan_fresh(made + 500 * 86_400_000_000, 366)
    assert not Policy().plan_fresh(made, 366), "nobody said how old it is"
