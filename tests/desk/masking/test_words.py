from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fanzha.desk.appeals import actions as appeals
from fanzha.desk.masking.mask import mask_text
from fanzha.desk.measures.actions import Wish, propose


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请打 13812345678", "请打 138****5678"),
        ("+86 138-1234-5678。", "+86138****5678。"),
        ("身份证42010619900101123X", "身份证420***********123X"),
        ("邮箱 wang.wu+1@example.cn 或 a@b.cn", "邮箱 w***@example.cn 或 a***@b.cn"),
        ("2026-11-22 收到武公协〔2026〕8号，12 3456", "2026-11-22 收到武公协〔2026〕8号，12 3456"),
    ],
)
def test_numbers_in_what_people_write_are_hidden(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_an_appeals_words_show_no_number_until_its_own_is_shown(
    people: Any, make_alert: Any, signed_in: Callable[[str], Client], legible: Callable[[Any], str]
) -> None:
    alert = make_alert(score=90.0, region="420100")
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    appeal = appeals.file(
        propose(people["analyst"], Wish("outgoing_stop"), alert=alert), "我的另一号码 13812345678", contact="li@b.cn"
    )
    leader = signed_in("leader")
    pages = [reverse("appeals:queue"), reverse("appeals:export"), reverse("appeals:detail", args=[appeal.pk])]
    for page in pages:
        assert "13812345678" not in (told := legible(leader.get(page)))
        assert "138****5678" in told
    assert "l***@b.cn" in legible(leader.get(pages[2]))
    leader.post(reverse("masking:ask", args=[appeal.subject.token]), {"reason": "核对申诉材料"})
    assert ["13812345678" in legible(leader.get(page)) for page in pages] == [True, False, True]
    assert "li@b.cn" in legible(leader.get(pages[2]))
