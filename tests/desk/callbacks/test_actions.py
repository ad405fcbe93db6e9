from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.callbacks import actions
from fanzha.desk.callbacks.intake import take, take_tickets
from fanzha.desk.callbacks.models import Callback, Cursor
from fanzha.desk.callbacks.source import FileSource, MemorySource, Ticket
from fanzha.errors import Refused, StorageError
from fanzha.gateway.release.ledger import Ledger
from fanzha.gateway.release.ticket import ticket_for

VICTIM = "+8613907110042"


def _ticket(name: str, victim: str = VICTIM, made: datetime | None = None) -> Any:
    micros = int((made or timezone.now()).timestamp() * 1e6)
    return ticket_for(name, victim, "+8613812345678", micros, 187, 5)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """FANZHA_HOME, of the first network."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    monkeypatch.setattr(settings, "CALLS_NETWORK", "hb")
    (tmp_path / "calls").mkdir()
    return tmp_path


@pytest.fixture
def made(people: Any, home: Path) -> Callback:
    """One that was just taken in."""
    take(MemorySource([_as_read(_ticket("r1"))]), timezone.now())
    return Callback.objects.get()


def _as_read(ticket: Any) -> Ticket:
    return Ticket(**{name: getattr(ticket, name) for name in Ticket.__struct_fields__})


def test_what_the_live_calls_write_is_taken_in_once(people: Any, home: Path) -> None:
    """A4: the file of the real ledger, torn and foreign lines, a file that began anew."""
    ledger = Ledger(home / "calls")
    path = home / "calls" / "tickets.jsonl"
    now = timezone.now()
    ledger.tickets.append(_ticket("r1"))
    assert (take_tickets(now), take_tickets(now)) == (1, 0)
    row = Callback.objects.get()
    assert (row.ticket, row.value, row.region, row.state) == ("callback-r1", VICTIM, "420100", "open")
    assert row.due_at == row.deadline == row.made_at + timedelta(minutes=5)
    assert "+86139****0042" in row.zh
    with path.open("ab") as file:
        file.write(b"no json\n" + json.dumps({"id": "x"}).encode() + b"\n")
    ledger.tickets.append(_ticket("r2"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])  # torn
    assert take_tickets(now) == 0
    path.write_bytes(whole)
    assert take_tickets(now) == 1
    cursor = Cursor.objects.get()
    assert (cursor.position, cursor.rows, cursor.aside) == (len(whole), 2, 2)
    path.write_bytes(whole.splitlines(keepends=True)[0])  # somebody rotated it
    assert (take_tickets(now), Callback.objects.count()) == (0, 2)
    path.write_bytes(
        whole.replace(b"callback-r1", b"callback-r1-of-another-file")
    )  # longer: the cursor is within a line
    assert (take_tickets(now), Callback.objects.count()) == (1, 3)
    ledger.close()


def test_a_network_must_be_known(people: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CALLS_NETWORK", "")
    with pytest.raises(StorageError, match="not clear"):
        take(MemorySource([_as_read(_ticket("r1"))]), timezone.now())
    assert not Cursor.objects.filter(position__gt=0).exists()


def test_signed_called_and_closed(made: Callback, people: Any) -> None:
    """Domain 2.6: the number shows to who signed, another's voice is not the victim's, money is asked after."""
    from fanzha.desk.masking.actions import left, shown_to

    duty = people["duty"]
    before = left(duty, timezone.now())
    row = actions.sign(duty, made.pk)
    assert (row.state, row.due_at, row.signed_by) == ("signed", made.deadline, duty)
    assert made.subject.digest in shown_to(duty)
    assert left(duty, timezone.now()) == before  # a task is not curiosity
    with pytest.raises(Refused, match="签收"):
        actions.contact(people["leader"], made.pk, "willing", "")
    for how in ("silent", "other"):
        assert actions.contact(duty, made.pk, how, "").reached_at is None
    row = actions.contact(duty, made.pk, "willing", "核对证件后四位")
    assert (row.state, row.late, row.tries.count()) == ("reached", False, 3)
    assert row.due_at == row.reached_at + timedelta(hours=2)
    for wrong in (("", "no", "x"), ("dissuaded", "", "x"), ("dissuaded", "no", "")):
        with pytest.raises(Refused):
            actions.close(duty, made.pk, *wrong)
    row = actions.close(duty, made.pk, "dissuaded", "no", "已装反诈APP，家属已知")
    assert (row.state, row.outcome, row.due_at) == ("closed", "dissuaded", None)
    told = set(Entry.objects.filter(kind="callback").values_list("action", flat=True))
    assert told == {f"callbacks.{name}" for name in ("made", "sign", "contact", "reach", "close")}


def test_what_nobody_reached_goes_up_office_by_office(made: Callback, people: Any, house: Any) -> None:
    """5 min unsigned -> 分局 -> 市 -> 省; a level without an office is passed over; once each."""
    late = made.deadline + timedelta(seconds=1)
    assert actions.escalate(made.deadline) == 0
    assert (actions.escalate(late), actions.escalate(late)) == (1, 0)
    made.refresh_from_db()
    assert (made.raised, made.assigned_organisation) == (1, house.branch)  # no county office, no city police
    assert actions.escalate(made.deadline + timedelta(minutes=11)) == 1
    made.refresh_from_db()
    assert (made.raised, made.assigned_organisation) == (3, house.police)
    assert actions.escalate(made.deadline + timedelta(days=1)) == 0
    actions.sign(people["duty"], made.pk)
    row = actions.visit(people["duty"], made.pk, "三次未接")
    assert row.state == "visiting"
    assert actions.contact(people["duty"], made.pk, "willing", "当面").state == "visiting"
    assert actions.close(people["duty"], made.pk, "defrauded", "yes", "已联系止付").late is False


def test_who_signed_and_does_not_call_is_relieved(made: Callback, people: Any) -> None:
    actions.sign(people["duty"], made.pk)
    with pytest.raises(Refused):
        actions.sign(people["leader"], made.pk)
    with pytest.raises(Refused, match="理由"):
        actions.take_over(people["leader"], made.pk, "")
    assert actions.take_over(people["leader"], made.pk, "原签收人离岗").signed_by == people["leader"]


ROLES = ("duty", "analyst", "leader", "station", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")
PINNED = {
    "callbacks:queue": (200, 200, 200, 200, 200, 403, 403, 403, 200, 403),
    "callbacks:detail": (200, 200, 200, 404, 200, 403, 403, 403, 404, 403),
}


def test_every_role_sees_what_is_theirs(made: Callback, signed_in: Callable[[str], Client]) -> None:
    for at, role in enumerate(ROLES):
        client = signed_in(role)
        for name, statuses in PINNED.items():
            address = reverse(name, args=[made.pk] if name.endswith("detail") else [])
            answer = client.get(address)
            assert answer.status_code == statuses[at], (role, name)
            assert b"13907110042" not in answer.content
        act = client.post(reverse("callbacks:act", args=[made.pk]), {"act": "visit"})
        wanted = {"regulator": 403, **dict.fromkeys(("duty", "analyst", "leader"), 422)}
        assert act.status_code == wanted.get(role, 404 if role in ("station", "stranger") else 403), role
    assert Client().get(reverse("callbacks:queue")).status_code == 302
    Callback.objects.update(region="420500")
    assert signed_in("analyst").get(reverse("callbacks:detail", args=[made.pk])).status_code == 404


def test_the_page_from_queue_to_close(made: Callback, signed_in: Any, django_assert_max_num_queries: Any) -> None:
    client = signed_in("duty")
    address = reverse("callbacks:act", args=[made.pk])
    with django_assert_max_num_queries(14):
        text = client.get(reverse("callbacks:queue")).content.decode()
    assert "用户 +86139****0042" in text
    rows = client.get(reverse("callbacks:queue"), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in rows
    client.post(address, {"act": "sign"})
    page = client.get(reverse("callbacks:detail", args=[made.pk])).content.decode()
    assert "13907110042" in page  # to who signed
    for said in ({"act": "contact", "contact": "willing"}, {"act": "close", "outcome": "unharmed", "paid": "no",
                                                             "reason": "未转账"}):  # fmt: skip
        assert client.post(address, said).status_code == 302
    assert "未受骗" in client.get(reverse("callbacks:queue") + "?state=closed").content.decode()
    assert client.post(address, {"act": "nothing"}).status_code == 404


def test_a_station_sees_what_was_given_to_it(made: Callback, people: Any, house: Any) -> None:
    with pytest.raises(PermissionDenied):
        actions.sign(people["station"], made.pk)
    Callback.objects.update(assigned_organisation=house.station)
    assert actions.sign(people["station"], made.pk).state == "signed"


def test_a_file_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    read = FileSource(tmp_path / "none.jsonl").after(7, 10)
    assert (read.tickets, read.aside, read.position) == ([], 0, 0)


def test_feedback_that_is_missed_goes_up_like_any_deadline(people: Any, made: Callback) -> None:
    """Domain 2.6: two hours after the victim was reached; the minutes before that go up by themselves."""
    from fanzha.desk.supervision.actions import supervise
    from fanzha.desk.supervision.models import Escalation
    from fanzha.desk.workflow.overdue import mark_overdue

    actions.sign(people["analyst"], made.pk)
    row = actions.contact(people["analyst"], made.pk, "willing", "已提醒")
    assert row.due_at
    late = row.due_at + timedelta(hours=5)
    mark_overdue(late)
    supervise(late)
    assert [(each.kind, each.step) for each in Escalation.objects.filter(closed_at=None)] == [("callback", 2)]
