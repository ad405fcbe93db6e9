from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.enforcement.models import Change
from fanzha.desk.measures.models import Measure
from fanzha.desk.requests import actions, execution
from fanzha.desk.requests.actions import Paper
from fanzha.desk.requests.execution import rate
from fanzha.desk.requests.models import Request


def test_rate_counts_only_what_is_ours() -> None:
    assert rate({"done": 6, "standing": 2, "failed": 2, "referred": 5}) == 80.0
    assert rate({"referred": 5}) is None
    assert rate({}) is None


def test_a_turn_that_dies_leaves_nothing_and_is_done_again(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a turn or none: measures, audit, policy and lines in one transaction."""
    made = actions.file_one(people["duty"], "hb", Paper("1", "武汉市公安局", "city"), "13907110002")
    actions.accept(people["leader"], made.pk)
    audited = Entry.objects.count()

    def die(*_args: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(execution, "_finish", die)
        with pytest.raises(OSError, match="killed"):
            actions.approve(people["leader2"], made.pk)
    assert (Measure.objects.count(), Change.objects.count(), Entry.objects.count()) == (0, 0, audited)
    assert Request.objects.get().state == "accepted"
    actions.approve(people["leader2"], made.pk)
    assert actions.turn(timezone.now()) == 0
    assert (Measure.objects.count(), Change.objects.count()) == (1, 1)
