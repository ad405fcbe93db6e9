from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from fanzha.desk import bulk
from fanzha.desk.alerts.models import Cursor
from fanzha.desk.enforcement.models import Change

pytestmark = pytest.mark.django_db


def test_rows_come_back_as_they_went_in_and_keys_are_nobody_elses() -> None:
    before = Change.objects.create(entry="one", body=None, made_at=timezone.now())
    now = timezone.now()
    rows = [Change(entry=f"e{at}", body={"词": [at, None, "x"]} if at % 2 else None, made_at=now) for at in range(12)]
    with transaction.atomic():
        bulk.insert(rows)
    after = Change.objects.create(entry="last", body=None, made_at=now)
    assert len({before.pk, after.pk, *(row.pk for row in rows)}) == 14
    kept = Change.objects.in_bulk([row.pk for row in rows])
    for row in rows:
        told = kept[row.pk]
        assert (told.entry, told.body, told.made_at) == (row.entry, row.body, row.made_at)


def test_what_may_not_be_twice_is_refused_and_nothing_stays() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert([Cursor(network="a"), Cursor(network="b"), Cursor(network="a")])
    assert not Cursor.objects.exists()
