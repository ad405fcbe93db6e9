from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from fanzha.errors import VocabularyError
from fanzha.gateway.release.rules import Watchman, release_words
from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Subject
from fanzha.policy.policy import Policy

SHIPPED = Path(release_words.__code__.co_filename).with_name("release.yaml").read_text(encoding="utf-8")
SECOND = 1_000_000


def entry(reason: str, action: Action = Action.LABEL, id: str = "e") -> Entry:  # noqa: A002
    return Entry(
        id=id,
        subject=Subject.NUMBER,
        value="+8613812345678",
        action=action,
        reason=reason,
        source="list 7",
        starts=0,
        expires=2**62,
    )


@pytest.fixture
def talking(desk):
    """A call of 180 seconds."""
    wire = desk.wire().invite().answer("200 OK").later(180.5)
    (call,) = desk.table.talking()
    return call, wire.now


def test_a_caller_the_police_listed_is_cut_after_180_seconds(talking) -> None:
    """A4, domain 2.3: automatic only for police lists, at 180 s."""
    call, now = talking
    watchman, policy = Watchman(release_words()), Policy(entries=[entry("police")])
    found = watchman.judge(call, policy, now)
    assert found is not None
    assert (found.rule.id, found.rule.automatic, found.entry.id) == ("release.listed_caller_held", True, "e")
    assert watchman.stage(call, call.answered + 179 * SECOND) == 0
    assert watchman.judge(call, policy, call.answered + 179 * SECOND) is None


@pytest.mark.parametrize("reason", ["fraud", "regulator", "bank"])
def test_other_lists_only_propose(talking, reason: str) -> None:
    call, now = talking
    found = Watchman(release_words()).judge(call, Policy(entries=[entry(reason)]), now)
    assert found is not None
    assert not found.rule.automatic


def test_nobody_else_is_touched(talking) -> None:
    call, now = talking
    watchman = Watchman(release_words())
    assert watchman.judge(call, Policy(), now) is None
    assert watchman.judge(call, Policy(entries=[entry("complaint")]), now) is None
    both = Policy(entries=[entry("police"), entry("trusted", Action.ALLOW, "t")])
    assert watchman.judge(call, both, now) is None
    expired = msgspec.structs.replace(entry("police"), expires=now)
    assert watchman.judge(call, Policy(entries=[expired]), now) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("reasons: [police]\n    automatic: true", "reasons: [police, fraud]\n    automatic: true", "without a person"),
     ("reasons: [police]\n    automatic: true", "reasons: [polise]\n    automatic: true", "no reasons"),
     ("held_s: 180", "held_s: 0", ">= 1"), ("attempts: 2", "atempts: 2", "atempts")],
)  # fmt: skip
def test_a_rule_that_must_not_be_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "release.yaml"
    file.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(VocabularyError) as caught:
        release_words(file)
    assert said in str(caught.value)
    assert "release.yaml:" in str(caught.value)


def test_the_operators_own_rules_take_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "release.yaml").write_text(SHIPPED.replace("held_s: 180", "held_s: 60"), encoding="utf-8")
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    assert {rule.held_s for rule in release_words().rules} == {60}
