"""What the loader says of a rule, in the reader's language: no slip is answered in English only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.translation import override

from fanzha.desk.lab.drafting import checked
from fanzha.desk.lab.sayings import lines_of, said, told
from fanzha.errors import StorageError

CHINESE = re.compile("[\u4e00-\u9fff]")
WHEN = "out_1h > 20 and out_answered_1h / out_1h <= 0.5"
SLIPS = [
    *((WHEN, when) for when in (
        "1 > 0", "out_1h >= 0", "3 in SERVICE_LINES", "out_9h > 1", "out_1h in NOWHERE", "out_1h >", "out_1h",
        "out_1h ** 2 > 3", "out_1h is 3", "out_1h > 1 in SERVICE_LINES", "out_1h == True", "out_1h > 1" + "0" * 400,
        "not " * 30 + "out_1h > 1", "-" * 60 + "out_1h > 1", " and ".join(["out_1h > 1"] * 33), "hour_median > 3",
        "out_1h > 1 " + "or out_1h > 1 " * 400, "__import__('os')",
    )),
    ("scheme: mass_dialling", "scheme: mass_dialing"), ("family: volume", "family: loud"), ("own.busy", "own busy!"),
    ("minimum: 10", "minimum: ten"), ("minimum: 10", "minimum: 1"), ("version: 1", "version: 0"),
    ("score: 72", "score: 99"), ("score: 72", "score: high"), ("    score: 72\n", ""),
    ("measure: verify", "measure: x"),
    ("measure: verify", "measure: suspend"), ("measure: verify", "emits: {fact: f, to: site}"), ("on: out", "on: up"),
    ("measure: verify", "measure: stop"), ("why:", "wy:"), ('    why: "a test"\n', ""), ("[SERVICE_LINES]", "[NOBODY]"),
    ("on: out", "on: out\n    on: in"), ("version: 1", "version: 01"), ("as_of: 2026-11-22", "as_of: lately"),
    (f"when: {WHEN}", "on_: 1"), (f"    when: {WHEN}\n", ""), ("on: out", "on: *a"), ("on: out", "on: [out"),
    ("on: out", "on: out: in"), ("on: out", "\ton: out"), ("on: out", 'on: "out'), ("on: out", "on: @out"),
    ("rules:", "rules: []\nrubbish:"), ("as_of: 2026-11-22", "as_of: 2026-13-45"), ("on: out", 'on: "\\q"'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SLIPS, ids=range(len(SLIPS)))
def test_every_slip_is_told_in_both_languages(home: Any, text: str, old: str, new: str) -> None:
    assert old in text
    with override("zh-hans"):
        chinese = checked(text.replace(old, new, 1))
    with override("en"):
        english = checked(text.replace(old, new, 1))
    assert chinese.rule is english.rule is None
    assert not CHINESE.search(english.message)
    for words in (chinese.message, chinese.hint):
        assert not words or CHINESE.search(words), words


def test_what_a_backtest_ended_with_is_kept_for_both(home: Any) -> None:
    error = StorageError("cannot write temporary events: No space left on device", where="/x", hint="split it")
    kept = lines_of(error)
    with override("zh-hans"):
        assert told(kept) == "临时文件写不下：磁盘已满\n拆成两条规则\n/x"
        assert told("an old one\n  -> draft each rule by itself") == "an old one\n每条规则单独起草"
        assert said("nobody has put this into Chinese") == "nobody has put this into Chinese"
    with override("en"):
        assert told(kept) == "cannot write temporary events: No space left on device\nsplit it\n/x"
