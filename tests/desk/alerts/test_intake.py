from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from fanzha.desk.alerts.actions import triage
from fanzha.desk.alerts.intake import take
from fanzha.desk.alerts.models import Alert, Cursor
from fanzha.desk.alerts.source import MemorySource, OutboxSource
from fanzha.errors import StorageError


@pytest.fixture
def source(house: SimpleNamespace, written: Any) -> MemorySource:
    """Three rows: two alerts, the first told twice."""
    made = MemorySource()
    made.rows = [written("a1", score=72.0), written("a2"), written("a1", score=91.0, band="stop")]
    return made


def test_the_newest_row_of_an_id_counts_and_again_changes_nothing(source: MemorySource) -> None:
    now = timezone.now()
    assert take(source, "hb", now) == 3
    assert take(source, "hb", now) == 0
    assert {alert.pk: alert.score for alert in Alert.objects.all()} == {"a1": 91.0, "a2": 82.0}
    Cursor.objects.update(position=0)  # as if the cursor had been lost
    assert take(source, "hb", now) == 3
    assert Alert.objects.count() == 2


def test_in_pieces_it_comes_to_the_same(source: MemorySource) -> None:
    now = timezone.now()
    assert [take(source, "hb", now, most=1) for _each in range(4)] == [1, 1, 1, 0]
    assert Alert.objects.get(pk="a1").band == "stop"
    assert Cursor.objects.get().rows == 3


def test_a_newer_row_leaves_a_judgement_alone(source: MemorySource, people: Any) -> None:
    now = timezone.now()
    take(source, "hb", now, most=2)
    triage(people["leader"], ["a1"], "dismiss", "business", "正当业务")
    take(source, "hb", now)
    alert = Alert.objects.get(pk="a1")
    assert (alert.state, alert.score, alert.due_at) == ("dismissed", 91.0, None)


def test_redder_is_due_sooner(source: MemorySource) -> None:
    now = timezone.now()
    take(source, "hb", now, most=2)
    before = Alert.objects.get(pk="a1").due_at
    take(source, "hb", now)
    after = Alert.objects.get(pk="a1").due_at
    assert before is not None
    assert after is not None
    assert after < before


def test_where_an_alert_belongs(source: MemorySource, written: Any) -> None:
    """A number of ours to its city; another province's, a device or a cell to the whole network."""
    source.rows = [
        written("n1", "+8613907110002"), written("n2", "+8613507310002"),
        written("d1", "862971040912908", kind="device"), written("c1", "460002910010372", kind="cell"),
    ]  # fmt: skip
    take(source, "hb", timezone.now())
    regions = dict(Alert.objects.values_list("pk", "region"))
    assert regions == {"n1": "420100", "n2": "42", "d1": "42", "c1": "42"}


def test_an_unknown_network_stops_it_and_loses_nothing(source: MemorySource) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        take(source, "nowhere", timezone.now())
    assert not Cursor.objects.filter(network="nowhere").exists()


def test_detections_own_outbox_is_read(tmp_path: Path, house: SimpleNamespace, written: Any) -> None:
    import msgspec

    from fanzha.detection.alert import Alert as Told
    from fanzha.detection.outbox import Outbox

    source = OutboxSource(tmp_path / "outbox.sqlite")
    assert source.after(0, 10) == []
    box = Outbox(source.path)
    told = msgspec.convert(written("a1"), Told)
    box.finish(5, [], [told], forget_before=0)
    assert take(source, "hb", timezone.now()) == 1
    box.close()
    assert Alert.objects.get().value == "+8613907110002"
