"""Walks the overview as every role, and holds its figures, Excel and PDF to what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.errors import FanzhaError

ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber", "station")
SEES = (200, 200, 200, 200, 403, 403, 403, 200, 403, 403)
TAKES = (200, 403, 200, 200, 403, 403, 403, 200, 403, 403)


def _font() -> bool:
    from fanzha.desk.overview.press import family

    try:
        return bool(family())
    except FanzhaError:
        return False


@pytest.fixture
def stopped(people: Any, make_alert: Any) -> Any:
    """A stop of our network that turned out wrong, and an alert of yesterday."""
    from fanzha.desk.appeals import actions as appeals
    from fanzha.desk.measures import actions
    from fanzha.desk.measures.models import Measure

    alert = make_alert("a1", region="420100", score=95.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    make_alert("a0", value="+8613907110009", region="420500", taken_at=timezone.now() - timedelta(days=1))
    measure = actions.propose(people["analyst"], actions.Wish("outgoing_stop", immediate=True), alert=alert)
    Measure.objects.filter(pk=measure.pk).update(in_force_at=timezone.now())
    appeal = appeals.file(measure, "我是快递员")
    appeals.uphold(people["leader2"], appeal.pk, "误停，致歉")
    return measure


def _overview(user: Any) -> Any:
    from fanzha.desk.overview.figures import overview

    return overview(user, timezone.localdate(), timezone.now())


def test_every_role(signed_in: Callable[[str], Client], people: Any) -> None:
    for at, name in enumerate(ROLES):
        client = signed_in(name)
        assert client.get(reverse("overview:page")).status_code == SEES[at], name
        assert client.get(reverse("overview:excel")).status_code == TAKES[at], name
        if TAKES[at] == 403:
            assert client.get(reverse("overview:daily")).status_code == 403, name
    assert Client().get(reverse("overview:page")).status_code == 302


def test_figures_are_of_what_one_may_see(people: Any, stopped: Any) -> None:
    found = _overview(people["leader"])
    counts = {each.name: each for each in found.counts}
    assert (counts["alerts"].now, counts["alerts"].before, counts["alerts"].year) == (1, 1, 0)
    assert counts["alerts"].year_on_year == "—"
    assert counts["alerts"].day_on_day == "+0.00%"
    assert (counts["measures"].now, counts["wrong"].now, counts["appeals"].now) == (1, 1, 1)
    assert [step.number for step in found.funnel] == [2, 0, 0, 1, 0]
    assert found.rates.wrong_share == 1.0
    assert found.rates.restored_p50 is not None
    assert {each.name: each.now for each in _overview(people["stranger"]).counts}["alerts"] == 0
    assert [step.number for step in _overview(people["analyst"]).funnel][0] == 1  # the other alert is another city's


def test_the_regulator_sees_a_row_for_each_granted_operator(people: Any, stopped: Any) -> None:
    assert _overview(people["leader"]).operators == []
    (row,) = _overview(people["regulator"]).operators
    assert (row.name, row.alerts, row.stops, row.wrong, row.appeals) == ("移动省公司", 2, 1, 1, 1)
    assert (row.judged_share, row.wrong_share, row.in_time_share) == ("0.00%", "100.00%", "100.00%")


def test_missed_deadlines_count_after_the_row_has_moved_on(people: Any, make_alert: Any) -> None:
    from fanzha.desk.alerts.actions import triage
    from fanzha.desk.workflow.overdue import mark_overdue

    now = timezone.now()
    make_alert("a1", region="420100", due_at=now - timedelta(minutes=1))
    mark_overdue(now)
    late = _overview(people["leader"]).late[0]
    assert (late.missed, late.standing) == (1, 1)
    triage(people["leader"], ["a1"], "dismiss", "business", "快递员")
    late = _overview(people["leader"]).late[0]
    assert (late.missed, late.standing) == (1, 0)


def test_excel_tells_what_the_page_tells_and_is_recorded(signed_in: Callable[[str], Client], stopped: Any) -> None:
    from fanzha.desk.audit.models import Entry

    book = openpyxl.load_workbook(BytesIO(signed_in("regulator").get(reverse("overview:excel")).getvalue()))
    assert [sheet.title for sheet in book] == [
        "当日指标", "近 30 天办理漏斗", "近 30 天误停与复通", "时限", "近 30 天按运营商",
    ]  # fmt: skip
    assert [cell.value for cell in book["当日指标"][2]] == ["收到预警", 1, 1, "+0.00%", 0, "—"]
    assert Entry.objects.filter(action="overview.excel").count() == 1


def test_days_that_are_none_are_refused(signed_in: Callable[[str], Client], people: Any) -> None:
    client = signed_in("leader")
    for day in ("2026-02-30", "9999-01-01", "x", "0001-01-01"):
        assert client.get(reverse("overview:page"), {"day": day}).status_code == 422, day


@pytest.mark.skipif(not _font(), reason="no Chinese font is installed (scripts/system-packages)")
def test_daily_report_is_a_pdf(signed_in: Callable[[str], Client], stopped: Any) -> None:
    answer = signed_in("regulator").get(reverse("overview:daily"))
    assert answer.content.startswith(b"%PDF")
    assert b"NotoSansCJK" in answer.content or b"WenQuanYi" in answer.content


def test_without_a_font_it_says_what_to_install(
    signed_in: Callable[[str], Client], people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fanzha.desk.overview import press

    monkeypatch.setattr(press, "_installed", lambda: frozenset[str]())
    answer = signed_in("leader").get(reverse("overview:daily"))
    assert answer.status_code == 400
    assert "apt-get install fonts-noto-cjk" in answer.content.decode()


def test_english(signed_in: Callable[[str], Client], people: Any) -> None:
    client = signed_in("leader")
    client.post(reverse("pages:language"), {"language": "en"})
    text = client.get(reverse("overview:page")).content.decode()
    assert "Year on year" in text
    assert "环比" not in text
