from __future__ import annotations

import threading
from typing import Any

from django.db import connection

from fanzha.desk.audit.models import Entry
from fanzha.desk.enforcement.models import Change
from fanzha.desk.measures.actions import Wish, approve, propose
from fanzha.desk.notices.models import Notice
from fanzha.errors import Refused


def test_two_approve_at_the_same_instant_and_it_applies_once(people: Any, make_alert: Any) -> None:
    alert = make_alert(score=95.0, band="stop")
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    measure = propose(people["analyst"], Wish("suspend", note="x"), alert=alert)
    start, told = threading.Barrier(2), []

    def go(name: str) -> None:
        start.wait()
        try:
            told.append(approve(people[name], measure.pk).state)
        except Refused as refused:
            told.append(refused.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(name,)) for name in ("leader", "leader2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told)[0] == "active"
    assert "状态已变化" in sorted(told)[1]
    assert (Change.objects.count(), Notice.objects.count()) == (1, 1)
    assert Entry.objects.filter(action="measures.approve").count() == 1
