from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha.errors import FanzhaError, InputError, VocabularyError
from fanzha.policy import Action, Exemption, Publisher, Side, Subject
from fanzha.policy.csvlist import read_csv
from fanzha.policy.moments import moment
from fanzha.policy.written import read_written

NOW = 1_700_000_000_000_000
LISTS = """
source: "测试"
as_of: 2026-11-22
entries:
  - {number: "13812345678", action: block, reason: police, source: 案件7, expires: 2027-01-31}
  - {prefix: "+8617091*", action: label, reason: fraud, source: s, expires: "2027-01-31T08:00", side: callee, region: 33}
  - {device: "490154203237518", action: limit, per_minute: 3, reason: device, source: s, starts: 2026-01-01, expires: 2027-01-31, id: d1}
trunks:
  - id: t1
    owner: 某公司
    peers: [10.0.0.1]
    permitted: "057188880000-057188889999;88886666"
    area: "0571"
    profile: 603-plus
    special: [{number: "88880000", approver: 李, expires: 2027-01-31, exemption: clir}]
"""  # noqa: E501


def written(tmp_path: Path, text: str, name: str = "lists.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_lists_and_contracts_are_read_as_people_write_them(tmp_path: Path) -> None:
    content = read_written(written(tmp_path, LISTS), NOW)
    number, prefix, device = content.entries
    assert (number.subject, number.action, number.starts, number.side) == (
        Subject.NUMBER, Action.BLOCK, NOW, Side.CALLER
    )  # fmt: skip
    assert number.expires == moment("2027-02-01T00:00+08:00"), "a bare date means its end, in China"
    assert prefix.expires == moment("2027-01-31T00:00Z")
    assert (prefix.side, prefix.region, device.id, device.per_minute) == (Side.CALLEE, 33, "d1", 3)
    assert "1381" not in number.id, "an id is shown in logs"
    trunk = content.trunks[0]
    assert trunk.permits(8657188881234)
    assert trunk.permits(8657188886666)
    assert not trunk.permits(8657188870000)
    assert trunk.exemption(8657188880000, Exemption.CLIR, NOW) is not None


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("action: block", "action: stop", 5), ("expires: 2027-01-31}", "expires: soon}", 5),
        ("reason: police, ", "", 5), ('number: "13812345678"', "nummer: x", 5),
        ('device: "490154203237518"', 'device: "1", number: "2"', 7), ("exemption: clir", "exemption: all", 15),
        ("as_of: 2026-11-22", "", 3), ("owner: 某公司", "", 9),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_named_by_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    assert old in LISTS
    with pytest.raises(VocabularyError) as caught:
        read_written(written(tmp_path, LISTS.replace(old, new, 1)), NOW)
    assert f"lists.yaml:{line}" in str(caught.value) or line == 3


def test_a_contract_whose_numbers_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="no number, range or prefix") as caught:
        read_written(written(tmp_path, LISTS.replace("057188880000-057188889999", "someone")), NOW)
    assert "lists.yaml:12" in str(caught.value)


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    assert read_csv(written(tmp_path, "value,action,reason,source,expires\n", "a.csv"), NOW).num_rows == 0


def test_a_csv_says_the_same_and_the_same_again_is_the_same(tmp_path: Path, publisher: Publisher) -> None:
    text = (
        "value,action,reason,source,expires,subject,region\n"
        "13812345678,block,police,案件7,2027-01-31,,\n"
        '+8617091*,LABEL,fraud,"a, b",2027-01-31T08:00,prefix,33\n'
    )
    table = read_csv(written(tmp_path, text, "a.csv"), NOW)
    first = read_written(written(tmp_path, LISTS), NOW).entries[0]
    rows = table.to_pylist()
    assert (rows[0]["id"], rows[0]["expires"], rows[0]["action"]) == (first.id, first.expires, int(Action.BLOCK))
    assert (rows[1]["source"], rows[1]["subject"], rows[1]["region"]) == ("a, b", "prefix", 33)
    assert publisher.snapshot(table).added == 2
    assert len({row["id"] for row in rows}) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("value,action\n1,block\n", "missing"),
        ("value,action,reason,source,expires,colour\n", "unknown"),
        ("value,action,reason,source,expires\n1,stop,police,s,2027-01-01\n2,block,police,s,2027-01-01\n", "line 2"),
        ("value,action,reason,source,expires\n1,block,police,s,never\n", "line 2: expires"),
        ("value,action,reason,source,expires,region\n1,block,police,s,2027-01-01,x\n", "line 2: region"),
        ("value,action,reason,source,expires,subject\n1,block,police,s,2027-01-01,shop\n", "line 2: subject"),
        ("value,action,reason,source,expires\n1,block\n", "no CSV"),
        ("", "missing"),
        ("\xff\xfe", "missing"),
    ],
)
def test_a_wrong_csv_is_refused_whole(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("latin-1") if text.startswith("\xff") else text.encode())
    with pytest.raises(InputError) as caught:
        read_csv(path, NOW)
    assert says in str(caught.value) or text.startswith("\xff")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=120))
def test_no_file_gives_a_traceback(tmp_path: Path, data: bytes) -> None:
    for name, head in (("a.csv", b"value,action,reason,source,expires\n"), ("b.yaml", b"source: s\n")):
        path = tmp_path / name
        path.write_bytes(head + data)
        with pytest.raises(FanzhaError):
            read_csv(path, NOW) if name == "a.csv" and data.strip() else read_written(path, NOW)
