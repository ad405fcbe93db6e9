from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fanzha.desk.enforcement import publishing
from fanzha.desk.enforcement.actions import note
from fanzha.desk.enforcement.models import Change, Publication
from fanzha.policy import Action, Entry, Publisher, Side, Subject
from fanzha.signing import public_key

NOW_US = 1_795_000_000_000_000
SECRET = bytes(range(32))


def entry(name: str, value: str = "+8613907110002", action: Action = Action.BLOCK) -> Entry:
    return Entry(
        id=name, subject=Subject.NUMBER, value=value, action=action, reason="fraud", source=name,
        starts=NOW_US - 10**6, expires=NOW_US + 10**12,
    )  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path, SECRET, clock=lambda: NOW_US)


def blocked(out: Publisher) -> set[str]:
    assert out.store.current is not None
    return {each.id for each in out.store.current.hit(Side.CALLER, 8613907110002, None, None, 0, NOW_US)}


def test_changes_go_out_in_order_once(db: None, out: Publisher) -> None:
    now = timezone.now()
    note({"measure:1": entry("measure:1")}, now)
    note({"measure:2": entry("measure:2")}, now)
    assert publishing.publish(out, now) == 2
    assert blocked(out) == {"measure:1", "measure:2"}
    version = out.store.version
    assert publishing.publish(out, now) == 0
    assert out.store.version == version
    note({"measure:1": None}, now)
    publishing.publish(out, now)
    assert blocked(out) == {"measure:2"}
    assert out.store.version == version + 1


def test_the_newest_word_on_an_entry_counts(db: None, out: Publisher) -> None:
    now = timezone.now()
    for body in (entry("measure:1"), None, entry("measure:1"), None):
        note({"measure:1": body}, now)
    assert publishing.publish(out, now) == 4
    assert blocked(out) == set()


class Killed(BaseException):
    """As kill -9: nothing after it runs."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_publication_nothing_is_lost_or_doubled(
    db: None, out: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    now = timezone.now()
    publishing.publish(out, now)
    note({"measure:1": entry("measure:1")}, now)
    true = Publisher.delta

    def dying(self: Publisher, *given: Any, **named: Any) -> Any:
        if when == "after":
            true(self, *given, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Publisher, "delta", dying)
        with pytest.raises(Killed):
            publishing.publish(out, now)
    assert Publication.objects.get().state == "open"
    note({"measure:2": entry("measure:2")}, now)  # approved while the job was dead
    again = Publisher(tmp_path, SECRET, clock=lambda: NOW_US)
    publishing.publish(again, now)
    assert blocked(again) == {"measure:1", "measure:2"}
    assert [each.state for each in Publication.objects.order_by("pk")] == ["done", "done"]
    numbers = [each.number for each in Publication.objects.order_by("pk")]
    assert numbers == [2, 3]  # the snapshot was 1: no number was spent twice


def test_one_harmful_change_holds_back_no_other(db: None, out: Publisher) -> None:
    """The guard of policy: emergency numbers, whatever slipped through the desk (acceptance 16)."""
    now = timezone.now()
    for name, value in (("a", "+8613907110002"), ("b", "+86110"), ("c", "+8613907110002")):
        note({name: entry(name, value)}, now)
    assert publishing.publish(out, now) == 2
    assert blocked(out) == {"a", "c"}
    refused = Publication.objects.get(state="refused")
    assert refused.changes.get().entry == "b"
    assert Change.objects.filter(publication=None).count() == 0


def test_many_deltas_become_a_snapshot(db: None, out: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = publishing.limits()
    monkeypatch.setattr(publishing, "limits", lambda: type(limits)(**{**_dict(limits), "overlay": 5, "batch": 2}))
    now = timezone.now()
    note({f"m{at}": entry(f"m{at}", f"+86139071100{at:02}") for at in range(8)}, now)
    assert publishing.publish(out, now) == 8
    assert out.store.current is not None
    assert (out.store.current.changes, len(out.store.current)) == (0, 8)


def test_what_is_signed_is_taken_by_a_gateway(db: None, out: Publisher, tmp_path: Path) -> None:
    from fanzha.policy import FolderSource, PolicyStore

    now = timezone.now()
    note({"measure:1": entry("measure:1")}, now)
    publishing.publish(out, now)
    store = PolicyStore(tmp_path / "gateway", {public_key(SECRET)}, clock=lambda: NOW_US)
    for message in FolderSource(tmp_path).after(0, 0):
        assert store.take(message).taken
    assert store.version == out.store.version


def _dict(limits: Any) -> dict[str, Any]:
    return {name: getattr(limits, name) for name in limits.__struct_fields__}
