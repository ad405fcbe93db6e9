from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from fanzha.desk.audit import actions
from fanzha.desk.audit.actions import Act, record
from fanzha.desk.audit.locks import unlock
from fanzha.desk.audit.models import Entry, Head
from fanzha.desk.audit.verify import verify
from fanzha.errors import Refused

pytestmark = pytest.mark.django_db


def _three() -> None:
    with transaction.atomic():
        record(None, [Act("test.act", "thing", str(at), data={"n": at, "名": "值"}) for at in range(3)])


def _unlocked() -> None:
    """What someone with the database's password could do."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for verb in ("update", "delete"):
                cursor.execute(f"drop trigger audit_entry_no_{verb}")
        return
    with connection.schema_editor() as editor:
        unlock(None, editor)


def test_untouched_trail_is_whole() -> None:
    _three()
    found = verify()
    assert found.whole
    assert found.entries == 3
    assert found.head.startswith("3:")


def test_database_refuses_to_change_or_delete_an_entry() -> None:
    _three()
    for statement in ("update audit_entry set reason = 'x'", "delete from audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        ("update audit_entry set reason = 'other' where number = 2", "changed"),
        ("update audit_entry set data = '{}' where number = 2", "changed"),
        ("delete from audit_entry where number = 2", "missing"),
        ("delete from audit_entry where number = 3", "does not end"),
        ("update audit_entry set number = 9 where number = 3", "missing"),
    ],
)
def test_any_harm_is_found(harm: str, word: str) -> None:
    _three()
    _unlocked()
    with connection.cursor() as cursor:
        cursor.execute(harm)
    found = verify()
    assert not found.whole
    assert any(word in fault for fault in found.faults)


@pytest.mark.parametrize("harm", ["data = '{'", "at = 'never'", "data = '[]'", "actor_name = null"])
def test_an_entry_that_cannot_be_read_any_more_is_one_that_was_changed(harm: str) -> None:
    _three()
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps nothing that is not of its column's type")
    _unlocked()
    with connection.cursor() as cursor:
        cursor.execute("pragma ignore_check_constraints = on")
        try:
            cursor.execute(f"update audit_entry set {harm} where number = 2")
        except DatabaseError:
            return  # not even so
        finally:
            cursor.execute("pragma ignore_check_constraints = off")
    found = verify()
    assert [fault[:2] for fault in found.faults] == ["2:"]
    assert found.entries == 3


def test_a_trail_taken_away_whole_is_found() -> None:
    from fanzha.desk.organisations.actions import add_person

    add_person(None, "wang", "王", "correct horse")
    assert verify().whole
    _unlocked()
    with connection.cursor() as cursor:
        cursor.execute("delete from audit_entry")
        cursor.execute("delete from audit_head")
    assert any("every entry is missing" in fault for fault in verify().faults)


def test_a_reason_without_end_is_refused() -> None:
    with pytest.raises(Refused, match="理由过长"), transaction.atomic():
        record(None, [Act("a", "b", "c", reason="x" * 2001)])


def test_an_inserted_entry_is_found() -> None:
    _three()
    last = Entry.objects.get(number=3)
    Entry.objects.create(number=4, at=last.at, actor_name="nobody", action="x", kind="x", subject="x", seal="f" * 64)
    assert not verify().whole


def test_a_head_moved_back_is_found() -> None:
    _three()
    Head.objects.update(number=2, seal=Entry.objects.get(number=2).seal)
    assert any("head was changed" in fault for fault in verify().faults)


def test_a_noted_head_proves_that_nothing_before_it_was_rewritten() -> None:
    _three()
    noted = verify().head
    _three()
    assert verify(noted).whole
    assert not verify("3:" + "0" * 64).whole


def test_an_act_outside_a_transaction_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError, match="own transaction"):
        record(None, [Act("a", "b", "c")])


def test_a_failed_act_leaves_no_line() -> None:
    def act_and_fail() -> None:
        with transaction.atomic():
            record(None, [Act("a", "b", "c")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act_and_fail()
    assert Entry.objects.count() == 0
    assert verify().whole
