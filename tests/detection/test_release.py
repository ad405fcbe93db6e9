"""What a release lets each version of a rule do, in a scan and in a watcher that is told while it runs (issue 5 b)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fanzha.detection.excerpt import excerpt
from fanzha.detection.outbox import Outbox
from fanzha.detection.pack import Pack, Rulebook, load_pack
from fanzha.detection.release import (
    Release,
    Version,
    acts_on,
    in_share,
    path_of,
    read_release,
    rule_of,
    share_of,
    write_release,
)
from fanzha.detection.rule import Stage
from fanzha.detection.scan import Scan, scan
from fanzha.detection.watch import Listener, Options, Watch
from fanzha.errors import RuleError
from fanzha.numbering import parse
from fanzha.records.lake import Lake
from province import make_province, references

RULE = "mass_dialling.strangers"
BAD = """\
scheme: mass_dialling
defaults: {legal: "art. 11", source: "a test", as_of: 2026-11-22, owner: "a test", exemptions: []}
rules:
  - id: own.busy
    version: 1
    family: volume
    title: {zh: 一小时二十个呼叫且少有接听, en: "More than 20 calls an hour, few answered"}
    why: "a test"
    on: out
    when: out_1h > 8 and out_answered_1h / out_1h <= 0.8
    score: 72
    minimum: 10
    measure: verify
"""
Ask = Callable[..., Pack]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """The pack under a release of these (text, version, stage, permille)."""

    def make(*rows: tuple[str, int, str, int], number: int = 1) -> Pack:
        words = load_pack().words
        rules = [rule_of(text, words, "a test") for text, *_ in rows]
        versions = [
            Version(rule.id, version, Stage(stage), permille, text.replace("version: 1", f"version: {version}"))
            for rule, (text, version, stage, permille) in zip(rules, rows, strict=True)
        ]
        write_release(path_of(tmp_path, "default"), Release(number, "default", "2026-11-22T00:00:00Z", versions))
        return load_pack([tmp_path])

    return make


def text_of(pack: Pack, rule: str) -> str:
    return excerpt(pack.rules[pack.index(rule)])


def test_every_rule_stands_by_itself_as_it_is_written(pack: Pack) -> None:
    from dataclasses import replace

    for rule in pack.rules:
        assert replace(rule_of(excerpt(rule), pack.words, "alone"), where=rule.where) == rule


def test_which_versions_run_and_on_whom(pack: Pack, ask: Ask, tmp_path: Path) -> None:
    text = text_of(pack, RULE)
    quiet = ask((text, 2, "draft", 0), (text, 3, "reviewed", 0), (text, 4, "retired", 0))
    assert (quiet.hash, len(quiet.rules), quiet.release) == (pack.hash, len(pack.rules), 1)
    beside = ask((text, 2, "shadow", 0))
    assert [(rule.version, rule.stage) for rule in beside.rules if rule.id == RULE] == [(1, "live"), (2, "shadow")]
    assert beside.rules[beside.index(RULE)].version == 1
    assert beside.hash != pack.hash
    shared = ask((text, 2, "share", 10))
    old, new = (rule for rule in shared.rules if rule.id == RULE)
    keys = range(8613800000000, 8613800002000)
    assert all(acts_on(old, key) != acts_on(new, key) for key in keys)
    assert 5 <= sum(acts_on(new, key) for key in keys) <= 45
    assert [rule.version for rule in ask((text, 2, "live", 0)).rules if rule.id == RULE] == [2]
    gone = ask((text, 1, "retired", 0))
    assert gone.place(RULE) is None
    assert load_pack([tmp_path], "another").hash == pack.hash  # a release is of one network


def test_a_share_is_stable_nested_fair_and_of_its_own_rule(pack: Pack) -> None:
    keys = np.random.default_rng(5).integers(8613_000_000_000, 8619_999_999_999, 20_000)
    shares = np.array([share_of(int(key), RULE) for key in keys])
    assert share_of(8613907110002, RULE) == 41  # for ever: a release must not move people about
    for permille in (10, 100, 500):
        assert abs((shares < permille).mean() - permille / 1000) < 0.012
    assert all(in_share(int(key), 100, RULE) for key in keys if in_share(int(key), 10, RULE))
    other = np.array([share_of(int(key), "own.busy") for key in keys])
    assert 0.003 < ((shares < 100) & (other < 100)).mean() < 0.02


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda data: data.update(format="other"), "another kind"),
        (lambda data: data["versions"].append(data["versions"][0]), "stands twice"),
        (lambda data: data["versions"][0].update(stage="share"), "permille"),
        (lambda data: data["versions"][0].update(text=""), "text is not there"),
        (lambda data: data["versions"][0].update(version=9), "its text is of"),
        (lambda data: data["versions"][0].update(surprise=1), "unknown field"),
    ],
)
def test_a_release_that_is_not_plainly_right_is_refused(
    ask: Ask, tmp_path: Path, change: Callable[[Any], Any], wrong: str
) -> None:
    ask((BAD, 1, "shadow", 0))
    path = path_of(tmp_path, "default")
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(RuleError, match=wrong) as caught:
        load_pack([tmp_path])
    assert str(path) in caught.value.where
    path.write_text("{")
    with pytest.raises(RuleError, match="not a release"):
        read_release(path)


def test_at_most_four_shadows_of_a_kind_at_once(ask: Ask) -> None:
    rows = [(BAD.replace("own.busy", f"own.busy{n}"), 1, "shadow", 0) for n in range(5)]
    ask(*rows[:4])
    with pytest.raises(RuleError, match="too many rules in shadow"):
        ask(*rows)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of a day at home/lake, and the day in files at drop."""
    folder = make_province(tmp_path_factory.mktemp("province"), subscribers=900, days=1, gangs=4, pieces=6)
    home = tmp_path_factory.mktemp("home")
    references(home, folder).close()
    (home / "drop").symlink_to(folder / "drop")
    with Lake(home) as lake:
        Watch(lake, load_pack(), folder / "drop", home / "watch", Options(once=True, max_bytes=50_000_000)).run()
    return home


def test_a_shadow_changes_no_alert_and_says_whom_it_would_have_hit(province: Path, tmp_path: Path, ask: Ask) -> None:
    def told(pack: Pack) -> Scan:
        with Lake(province) as lake:
            return scan(lake, pack, temporary=tmp_path, by_time=False)

    def scored(found: Scan) -> dict[str, tuple[float, list[tuple[str, int]]]]:
        return {each.id: (each.score, [(rule.id, rule.version) for rule in each.rules]) for each in found.alerts}

    def busy(found: Scan) -> set[str]:
        return {each.entity.value for each in found.alerts if any(rule.id == "own.busy" for rule in each.rules)}

    before, shadow = told(load_pack()), told(ask((BAD, 1, "shadow", 0)))
    assert before.hits == []
    assert scored(shadow) == scored(before)
    live, tenth = told(ask((BAD, 1, "live", 0))), told(ask((BAD, 1, "share", 100)))
    assert {hit.entity.value for hit in shadow.hits} == busy(live)
    assert len(busy(live)) > 10
    raised = [hit for hit in shadow.hits if hit.band != "none" and hit.already < 60]
    assert {hit.measure for hit in raised} >= {"verify"}
    assert all(hit.evidence and hit.records for hit in shadow.hits)
    assert busy(tenth) == {value for value in busy(live) if in_share(parse(value).number, 100, "own.busy")}


def test_a_watcher_follows_its_release_from_the_next_call_on(
    province: Path, tmp_path: Path, ask: Ask, pack: Pack
) -> None:
    """Shadow, then share of all but one permille, then back, without a restart; its hits are those of a scan."""
    folder, home = tmp_path / "in", tmp_path / "home"
    folder.mkdir()
    files = sorted((province / "drop").iterdir())
    ask((BAD, 1, "shadow", 0))
    heard: list[str] = []
    steps = iter([lambda: ask((BAD, 1, "share", 999), number=2), lambda: ask(number=3), lambda: broken()])

    def broken() -> None:
        path_of(tmp_path, "default").write_text("{")

    def took(_receipt: object) -> None:
        heard.append("file")
        if heard.count("file") % 2 == 0 and (step := next(steps, None)):
            step()

    with Lake(home) as lake:
        listener = Listener(
            receipt=took,
            released=lambda pack: heard.append(f"release {pack.release}"),
            unreleased=lambda _error: heard.append("refused"),
        )
        rulebook = Rulebook([tmp_path], "default")
        for name in files:
            shutil.copy(name, folder / name.name)
            Watch(lake, rulebook, folder, home / "watch", Options(once=True, max_bytes=50_000_000), listener).run()
        outbox = Outbox(home / "watch" / "outbox.sqlite")
        hits = [body for _, body in outbox.hits()]
        alerts, releases = outbox.newest(), [number for _, number, _ in outbox.releases()]
        outbox.close()
    assert [word for word in heard if word != "file"] == ["release 2", "release 3", "refused"]
    assert releases == [1, 2, 3]
    assert {hit["rule"] for hit in hits} == {"own.busy"}
    busy = [alert for alert in alerts if any(rule["id"] == "own.busy" for rule in alert["rules"])]
    assert busy
