"""What leaves a list as Excel: the page's filters and reach, masked always, within a bound, told in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.excel import exporting
from fanzha.desk.excel.exporting import Limits
from fanzha.desk.masking.actions import unmask
from fanzha.desk.organisations import actions as make


def _rows(client: Client, name: str, query: str = "") -> list[tuple[Any, ...]]:
    answer = client.get(reverse(f"{name}:export") + query)
    assert answer.status_code == 200, name
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(openpyxl.load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True))


def test_the_pages_filters_and_reach_hold_and_nothing_is_unmasked(
    people: Any, make_alert: Any, signed_in: Callable[[str], Client]
) -> None:
    """Not even the number that this person has open on a page just now."""
    mine = make_alert("a1", region="420100", band="stop", score=97.0)
    make_alert("a2", value="+8613907110003", region="420500")
    make_alert("a3", value="+8613907110004", network="hn", region="430100")
    unmask(people["leader"], mine.subject, "案件 12")
    client = signed_in("leader")
    assert "13907110002" in client.get(reverse("alerts:list")).content.decode()
    assert [row[0] for row in _rows(client, "alerts")] == ["记录编号", "a1", "a2"]
    head, row = _rows(client, "alerts", "?band=stop&page=7")
    assert dict(zip(head, row, strict=True))["理由"] == "一小时呼叫六十个陌生号码"  # not only mass.hour@3
    assert (row[0], row[3], "13907110002" in str(row)) == ("a1", "+86139****0002", False)
    assert [row[0] for row in _rows(client, "alerts", "?region=4205")] == ["记录编号", "a2"]
    told = Entry.objects.filter(action="alerts.export").order_by("number").values_list("network", "data")
    assert [network for network, _data in told] == ["hb"] * 3
    assert told[1][1] == {"band": ["stop"], "rows": 1, "cut": False}
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert _rows(client, "alerts")[0][:4] == ("ID", "Network", "Kind", "Subject (masked)")


def test_what_is_beyond_the_bound_is_told(
    make_alert: Any, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "limits", lambda: Limits(2, "", timezone.localdate()))
    for n in range(3):
        make_alert(f"a{n}", value=f"+861390711000{n}", region="420100")
    rows = _rows(signed_in("leader"), "alerts")
    assert ([row[0] for row in rows[:3]], rows[3][0]) == (["记录编号", "a0", "a1"], "只含前 2 行，其余请先筛选再导出")
    assert Entry.objects.get(action="alerts.export").data["cut"]
    assert len(_rows(signed_in("leader"), "alerts", "?region=43")) == 1


def test_a_right_to_see_in_one_place_is_none_to_export_from_it(
    people: Any, house: Any, make_alert: Any, signed_in: Callable[[str], Client]
) -> None:
    """An analyst of Wuhan who also leads Yichang's team takes away Yichang's rows alone."""
    branch = make.add_organisation(None, "移动宜昌分公司", "operator", "city", "4205", house.operator)
    make.seat(None, people["analyst"], branch, "leader")
    make_alert("a1", region="420100")
    make_alert("a2", value="+8613907110003", region="420500")
    client = signed_in("analyst")
    assert client.get(reverse("alerts:list")).content.decode().count("+86139****") >= 2
    assert [row[0] for row in _rows(client, "alerts")] == ["记录编号", "a2"]


def test_an_export_over_two_networks_is_told_to_both(
    people: Any, house: Any, make_alert: Any, signed_in: Callable[[str], Client]
) -> None:
    start = timezone.now() - timedelta(days=1)
    make.grant(None, house.hn, house.police, "依据", start, start + timedelta(days=9))
    assert len(_rows(signed_in("duty"), "measures")) == 1
    told = list(Entry.objects.filter(action="measures.export"))
    assert {entry.network for entry in told} == {"hb", "hn"}
    assert len({entry.batch for entry in told}) == 1
    for name, network in (("leader", "hb"), ("stranger", "hn")):
        mine = Entry.objects.visible_to(people[name]).get(action="measures.export")
        assert (mine.network, mine.actor) == (network, people["duty"])


def test_measures_and_the_audit_trail_read_as_their_pages(
    people: Any, make_alert: Any, signed_in: Callable[[str], Client]
) -> None:
    from fanzha.desk.enforcement.models import Tally
    from fanzha.desk.measures.actions import Wish, propose

    measure = propose(people["analyst"], Wish("verify"), alert=make_alert("a1", region="420100"))
    Tally.objects.create(entry=measure.entry, day=timezone.localdate(), calls=7, last_at=timezone.now())
    client = signed_in("leader")
    head, row = _rows(client, "measures")
    told = dict(zip(head, row, strict=True))
    assert (told["对象（脱敏）"], told["命中呼叫"], told["状态"], told["审批人"]) == ("+86139****0002", 7, "生效", None)
    page = client.get(reverse("audit:list")).content.decode()
    head, *rows = _rows(client, "audit", "?kind=measure")
    assert {row[3] for row in rows} <= {word for word in (row[3] for row in rows) if word in page}
    assert [row[5] for row in rows] == ["measure"] * len(rows)
    assert datetime.strptime(rows[0][1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert "13907110002" not in str(rows)


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        ("duty", (200, 200, 403)), ("analyst", (403, 403, 403)), ("leader", (200, 200, 200)),
        ("regulator", (200, 200, 200)), ("clerk", (403, 403, 403)), ("admin", (403, 403, 403)),
        ("station", (403, 403, 403)), ("subscriber", (403, 403, 403)),
    ],
)  # fmt: skip
def test_who_sees_a_list_and_may_export_takes_it_away(
    role: str, statuses: tuple[int, ...], signed_in: Callable[[str], Client]
) -> None:
    """The other lists' exports are walked beside their pages (tests/desk/test_urls*.py)."""
    client, names = signed_in(role), ("callbacks", "notices", "supervision")
    assert tuple(client.get(reverse(f"{name}:export")).status_code for name in names) == statuses
    for name, page, status in zip(
        names, ("callbacks:queue", "notices:list", "supervision:list"), statuses, strict=True
    ):
        shown = client.get(reverse(page)).content.decode()
        assert (reverse(f"{name}:export") in shown) == (status == 200), name
    assert Client().get(reverse("notices:export")).status_code == 302


def test_rollbacks_reports_people_and_keys_leave_as_their_pages_show_them(
    people: Any, make_alert: Any, signed_in: Callable[[str], Client]
) -> None:
    """People and keys belong to no network: whoever manages them takes them, and only such managers read that."""
    from fanzha.desk.api.actions import propose_key
    from fanzha.desk.measures.actions import Wish, propose
    from fanzha.desk.rollback.actions import propose as undo

    propose(people["analyst"], Wish("verify"), alert=make_alert("a1", region="420100"))
    now = timezone.now()
    undo(people["leader"], "hb", "mass.hour", 3, now - timedelta(days=1), now + timedelta(minutes=1), why="误报太多")
    propose_key(people["leader"], "工单系统", ["alerts.read"], 30, "对接工单")
    leader, admin = signed_in("leader"), signed_in("admin")
    told = dict(zip(*_rows(leader, "rollback"), strict=True))
    assert (told["规则版本"], told["涉及处置"], told["状态"], told["办理人"]) == ("mass.hour@3", 1, "待审批", None)
    told = dict(zip(*_rows(admin, "keys"), strict=True))
    assert (told["名称"], told["范围"], told["责任人"], told["状态"]) == ("工单系统", "读预警", "Leader", "待批准")
    head, *rows = _rows(admin, "people", "?q=lead")
    assert [row[:2] for row in rows] == [("Leader", "leader"), ("Leader2", "leader2")]
    assert dict(zip(head, rows[0], strict=True))["任职"] == "班组长 · 移动省公司"
    entry = Entry.objects.get(action="people.export")
    assert (entry.network, entry.data) == ("", {"q": "lead", "rows": 2, "cut": False})
    assert Entry.objects.visible_to(people["admin"]).filter(action="people.export").exists()
    assert not Entry.objects.visible_to(people["leader"]).filter(action="people.export").exists()
    admin.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert _rows(admin, "people")[0] == (
        "Name", "Login", "Seats", "Code", "Added", "Last used", "password due", "State",
    )  # fmt: skip
