"""Tells a restricted person in writing (D4): the letter's four things, who may print it, who may say it was served."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fanzha.desk.audit.models import Entry
from fanzha.desk.lists.actions import act, approve, propose
from fanzha.desk.lists.judging import Line
from fanzha.desk.notices import letters
from fanzha.desk.notices.models import Letter
from fanzha.errors import Refused

LISTED = Line("11010519491231002X", name="张三", document="公惩〔2026〕8号", authority="city", preset="sold")


def test_a_letter_names_basis_term_measures_and_appeal(people: Any) -> None:
    """联合惩戒办法 art. 12; the name stays masked, and nothing is told before the listing holds or after its end."""
    item = propose(people["leader"], "hb", "restricted", LISTED)
    with pytest.raises(Refused, match="生效中"):
        letters.pdf(item, people["leader"])
    item = approve(people["leader2"], item.pk)
    told = letters.letter(item, people["leader"])
    words = str(told)
    for wanted in ("公惩〔2026〕8号", "不得新办电话卡", "保留一张", "申诉", "行政复议", "110"):
        assert wanted in words
    assert ("张三" in words, "19491231" in words) == (False, False)
    assert (item.expires - item.starts).days in (730, 731)
    assert letters.pdf(item, people["leader"])[:5] == b"%PDF-"
    with pytest.raises(Refused):
        letters.pdf(act(people["leader2"], item.pk, "remove", "认定撤销"), people["leader"])


def test_serving_is_registered_once_by_who_maintains_lists(people: Any, signed_in: Any) -> None:
    item = approve(people["leader2"], propose(people["analyst"], "hb", "restricted", LISTED).pk)
    page, printed, served = (
        reverse(name, args=[item.pk]) for name in ("lists:detail", "notices:letter", "notices:served")
    )
    assert "未送达" in signed_in("leader").get(page).content.decode()
    for role, statuses in {"regulator": (200, 403), "duty": (200, 403), "clerk": (403, 403), "admin": (403, 403),
                           "stranger": (404, 404), "bank": (403, 403)}.items():  # fmt: skip
        client = signed_in(role)
        found = client.get(printed).status_code, client.post(served, {"way": "person", "note": "x"}).status_code
        assert found == statuses, role
    assert Client().get(printed).status_code == 302
    client = signed_in("leader")
    assert client.post(served, {"way": "pigeon", "note": "x"}).status_code == 422
    assert client.post(served, {"way": "person", "note": "本人签收"}).status_code == 302
    assert client.post(served, {"way": "person", "note": "再来"}).status_code == 422
    made = Letter.objects.get()
    assert (made.served_by, "本人签收" in client.get(page).content.decode()) == (people["leader"], True)
    assert set(Entry.objects.filter(action__startswith="letters.").values_list("action", flat=True)) == {
        "letters.print",
        "letters.serve",
    }
