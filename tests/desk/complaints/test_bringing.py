from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.models import Entry
from fanzha.desk.complaints import bringing
from fanzha.desk.complaints.models import Complaint
from fanzha.errors import Refused

HEAD = "举报编号,被举报号码,举报人号码,举报类型,举报时间,举报内容\r\n"
ROWS = (
    "J1,13907110002,13607110001,冒充公检法,2026/11/20 09:30,自称公安局\r\n"
    "J2,13907110002,13607110002,骚扰电话,,\r\n"
    "J3,139 0711 0002,+8613607110003,,,\r\n"
    "J4,13907110002,13607110001,诈骗,,又打来\r\n"  # the same person again
    "J5,110,13607110004,诈骗,,\r\n"
    "J6,13907110002,13607110005,外星人,,\r\n"
    ",13907110002,13607110006,诈骗,,\r\n"
    "J1,13907110002,13607110001,诈骗,,\r\n"  # the same reference within the file
    "J7,13907110003,13607110001,诈骗,2199-01-01 00:00,\r\n"
)


def test_a_file_is_taken_once_and_three_people_in_it_raise_an_alert(people: Any) -> None:
    """D5: dry run, deduplication within and across files, errors row by row; 12321 x 3 people = 80."""
    content = (HEAD + ROWS).encode("gb18030")
    tried = bringing.trial(people["duty"], "hb", "12321", content)
    assert (tried.rows, tried.new, tried.repeated, tried.known, tried.faulty) == (9, 3, 1, 1, 4)
    assert [line for line, _why in tried.errors] == [6, 7, 8, 10]
    assert not Complaint.objects.exists()
    assert bringing.bring(people["duty"], "hb", "12321", content) == tried
    first = Complaint.objects.get(reference="J1")
    assert (first.times, first.kind, first.made_at.isoformat()) == (2, "posing", "2026-11-20T01:30:00+00:00")
    assert (Alert.objects.get().score, Alert.objects.get().value) == (80, "+8613907110002")
    again = bringing.bring(people["duty"], "hb", "12321", content)
    assert (again.new, again.repeated, again.known) == (0, 0, 5)  # J4 too, though it was counted on J1
    assert Complaint.objects.get(reference="J1").times == 2
    assert Entry.objects.filter(action="complaints.file").count() == 4


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "缺少列"),
        ("编号,号码\r\n1,2".encode(), "缺少列：举报编号、被举报号码、举报人号码"),
        (HEAD.encode() + b'"open', "CSV"),
        (b"\xff\xfe\x80\x81\x00", "CSV"),
        (b"\xff\xff\xff", "编码"),
    ],
)
def test_what_is_no_such_file_is_refused(people: Any, content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        bringing.bring(people["duty"], "hb", "12321", content)


def test_only_who_may_file(people: Any) -> None:
    for name, network in (("leader", "hb"), ("duty", "hn"), ("duty", "none")):
        with pytest.raises(PermissionDenied):
            bringing.trial(people[name], network, "12321", HEAD.encode())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: (HEAD + text).encode())))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        rows = list(bringing._rows(content))
    except Refused:
        return
    assert all(cells for _line, cells in rows)


def test_the_page_tries_and_brings(signed_in: Any) -> None:
    client: Client = signed_in("duty")
    said = {"network": "hb", "way": "12321"}
    for name, words in (("try", "试运行，尚未导入"), ("bring", "已导入")):
        file = SimpleUploadedFile("a.csv", (HEAD + ROWS).encode())
        text = client.post(reverse("complaints:bring"), {**said, "file": file, name: ""}).content.decode()
        assert words in text
        assert "外星人" in text
        assert "13907110002" not in text
        assert ("浏览器不会保留" in text) == (name == "try")
    assert Complaint.objects.count() == 3
    assert client.post(reverse("complaints:bring"), said).status_code == 422
