"""What was decided live and what history decides: each difference has its proven cause, tampering has none (5 c)."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

import fanzha.detection
from fanzha.detection.judge import FIRING
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.models.learner import shipped_settings
from fanzha.detection.models.training import train_profiles
from fanzha.detection.outbox import Fired
from fanzha.detection.pack import load_pack
from fanzha.detection.parity import kept
from fanzha.detection.parity.parity import compare
from fanzha.detection.parity.report import Parity
from fanzha.detection.watch import Options, Watch
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from province import make_province, references

WATCHER = Path(__file__).parent / "watcher.py"
RULES = Path(fanzha.detection.__file__).parent / "rules"
MEMORY = 100_000_000  # as watcher.py has it


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_province(tmp_path_factory.mktemp("province"), subscribers=500, gangs=5, pieces=4)


def watch(home: Path, folder: Path, *rules: Path, memory: int = MEMORY) -> None:
    with Lake(home) as lake:
        Watch(lake, load_pack(rules), folder, home / "watch", Options(once=True, max_bytes=memory)).run()


def parity(home: Path, *rules: Path, days: int = 31) -> Parity:
    with Lake(home) as lake:
        return compare(lake, load_pack(rules), home / "watch", network="default", days=days, temporary=home / "tmp")


def names(found: Parity) -> set[str]:
    assert all(cause.proven for each in found.differences for cause in each.causes)
    return {cause.name for each in found.differences for cause in each.causes}


def test_kill_9_leaves_nothing_to_explain(province: Path, tmp_path: Path) -> None:
    """A kill in the middle: the same course says the same; what differs are calls written when they ended, so late."""
    references(tmp_path, province).close()
    command = [sys.executable, str(WATCHER), str(tmp_path), str(province / "drop")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    watch(tmp_path, province / "drop")
    found = parity(tmp_path)
    assert (found.starts, found.unexplained, found.deleted, found.unjudged) == (2, 0, 0, 0)
    assert found.same > found.differing > 0
    assert names(found) == {"late"}
    honest = {(each.value, each.scheme) for each in found.differences}

    # What nobody's course explains: rows that are gone, changed, broken, and one that somebody put there.
    assert tampered(tmp_path / "watch" / "outbox.sqlite") == 4
    found = parity(tmp_path)
    assert found.unexplained == 4
    assert {each.what for each in found.differences if not each.causes} == {"altered"}
    assert "+8613912345678" in {each.value for each in found.differences if not each.causes}
    assert {(each.value, each.scheme) for each in found.differences} >= honest


def tampered(state: Path) -> int:
    """Change an outbox's alerts behind its watcher's back, each in another way; how many stories that concerns."""
    outbox = sqlite3.connect(state)
    rows = outbox.execute("select n, id, body from alerts group by id order by max(n) desc limit 4").fetchall()
    (gone, _, _), (changed, _, _), (broken, _, _), (_, _, body) = rows
    outbox.execute("delete from alerts where n = ?", (gone,))
    outbox.execute("update alerts set body = replace(body, '\"score\":', '\"score\":1') where n = ?", (changed,))
    outbox.execute("update alerts set body = 'gone wrong' where n = ?", (broken,))
    value = json.loads(body)["entity"]["value"]
    outbox.execute("insert into alerts (id, body) values ('forged', ?)", (body.replace(value, "+8613912345678"),))
    outbox.commit()
    outbox.close()
    return 4


def test_each_circumstance_is_told_by_its_name(province: Path, tmp_path: Path) -> None:
    """Late files, tables loaded in the middle, a rule edited at a restart: all explained, each by what did it."""
    drop, rules = tmp_path / "in", tmp_path / "rules"
    drop.mkdir()
    rules.mkdir()
    files = sorted((province / "drop").iterdir())
    random.Random(3).shuffle(files)
    home = tmp_path / "home"
    for file in files[:3]:
        shutil.copy(file, drop / file.name)
    watch(home, drop)
    references(home, province).close()
    for file in files[3:5]:
        shutil.copy(file, drop / file.name)
    watch(home, drop)
    text = (RULES / "mass_dialling.yaml").read_text(encoding="utf-8")
    (rules / "mass_dialling.yaml").write_text(text.replace("score: 50", "score: 61"), encoding="utf-8")
    for file in files[5:]:
        shutil.copy(file, drop / file.name)
    watch(home, drop, rules)
    found = parity(home, rules)
    assert (found.unexplained, found.packs) == (0, 2)
    assert found.late > 0
    assert found.differing > 3
    assert names(found) >= {"late", "references", "version"}
    late = [cause.evidence for each in found.differences for cause in each.causes if cause.name == "late"]
    assert any(evidence["own"] for evidence in late)
    version = [cause.evidence for each in found.differences for cause in each.causes if cause.name == "version"]
    assert any(change["rules"] for evidence in version for change in evidence["last"])


def released_model(home: Path) -> None:
    """A model of three fields, released between two starts of the watcher."""
    draw = np.random.default_rng(5)
    fraud = draw.random(200) < 0.5
    fields = ("contacts_24h", "out_30d", "in_30d")
    rows = draw.poisson(np.where(fraud, 40, 5)[:, None] * np.ones(len(fields))).astype(float)
    shipped = shipped_settings()
    member = msgspec.structs.replace(shipped.members[-1], rounds=5)
    plain = msgspec.structs.replace(shipped.plain, rounds=5)
    quick = msgspec.structs.replace(shipped, members=(member,), plain=plain, threads=1, inner_folds=2)
    shelf = Shelf(home, "default")
    shelf.root.mkdir(parents=True)
    train_profiles(rows, fields, fraud, None, shelf.folder(1), folds=2, repeats=1, home=home, settings=quick)
    shelf.release(1, by="li", approved_by="wang", why="first", at="2026-03-06T00:00:00Z")


def test_what_was_released_deleted_or_never_written_down_is_named(province: Path, tmp_path: Path) -> None:
    """A model released on the way is proven; what is gone is told as what it is, and is not called proven."""
    drop, rules = tmp_path / "in", tmp_path / "rules"
    drop.mkdir()
    rules.mkdir()
    text = (RULES / "mass_dialling.yaml").read_text(encoding="utf-8")
    (rules / "mass_dialling.yaml").write_text(text.replace("score: 50", "score: 61"), encoding="utf-8")
    files = sorted((province / "drop").iterdir())
    references(tmp_path, province).close()
    for file in files[: len(files) // 2]:
        shutil.copy(file, drop / file.name)
    watch(tmp_path, drop, rules)
    released_model(tmp_path)
    for file in files[len(files) // 2 :]:
        shutil.copy(file, drop / file.name)
    watch(tmp_path, drop)
    found = parity(tmp_path)
    assert found.unexplained == found.unproven == 0
    asked = [each for each in found.differences if "model" in {cause.name for cause in each.causes}]
    assert asked
    assert all("model" in each.fields for each in asked if each.what == "differs")
    evidence = next(cause.evidence for cause in asked[0].causes if cause.name == "model")
    assert [row["model"] for row in evidence["models"]] == [0, 1]
    assert evidence["now"] == 1

    # The journal of a watcher that began to write one only with its second start: of other rules nobody knows. That
    # explains what rests on them, but not a row that is not what was written.
    state = tmp_path / "watch" / "outbox.sqlite"
    whole = state.read_bytes()
    forget(state, "delete from said where reached <= (select max(reached) from batches where session = 1)")
    forget(state, "delete from batches where session = 1", "delete from sessions where n = 1", ALTER)
    found = parity(tmp_path)
    assert found.unexplained == 1
    assert found.unproven > 0
    causes = {cause.name: cause for each in found.differences for cause in each.causes if not cause.proven}
    assert causes.keys() == {"unrecorded"}
    assert causes["unrecorded"].evidence["journal_begins_after_seq"] > 0
    state.write_bytes(whole)

    shutil.rmtree(tmp_path / "models" / "default" / "0001")
    with Lake(tmp_path) as lake:
        _, last, _ = lake.span()
        assert last is not None
        dropped = lake.drop_before((last + timedelta(hours=8)).date())["calls"]
    forget(state, ALTER)
    found = parity(tmp_path)
    assert found.deleted == dropped > 0
    assert [each.what for each in found.differences if not each.causes] == ["altered"]
    asked = [{cause.name for cause in each.causes} for each in found.differences if each.causes]
    assert {"deleted"} in asked  # who was never asked about does not blame the model
    assert {"deleted", "model"} in asked
    causes = {cause.name: cause for each in found.differences for cause in each.causes if not cause.proven}
    assert causes["model"].evidence == {"models_gone": [1]}
    assert causes["deleted"].evidence == {"calls": dropped}


ALTER = "update alerts set body = replace(body, '\"score\":', '\"score\":1') where n = (select max(n) from alerts)"


def forget(state: Path, *statements: str) -> None:
    """Change an outbox behind its watcher's back."""
    outbox = sqlite3.connect(state)
    for statement in statements:
        outbox.execute(statement)
    outbox.commit()
    outbox.close()


def test_beyond_a_bound_the_oldest_firings_of_a_story_go_and_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a watcher forgets, a course that is done again keeps of the stories in question, but not without end."""
    monkeypatch.setattr(kept, "MOST", 3)
    pack = load_pack()
    rule = next(rule for rule in pack.rules if rule.scheme == "mass_dialling")

    def fired(key: int, t: int) -> Fired:
        row = np.zeros(1, FIRING)[0]
        row["key"], row["t"] = key, t
        return Fired(row, rule.name, None, None, None)

    held = kept.Kept([(1, "mass_dialling")])
    held.add(fired(key, t) for t in (10, 20, 30, 40) for key in (1, 2))
    held.forget(35, pack)
    assert [(int(one.row["key"]), int(one.row["t"])) for one in held.fired] == [
        (1, 10),
        (1, 20),
        (1, 30),
        (1, 40),
        (2, 40),
    ]
    assert (held.forgot, held.given_up) == (True, 0)
    held.forget(50, pack)
    assert [int(one.row["t"]) for one in held.fired] == [20, 30, 40]
    assert held.given_up == 10


def test_profiles_that_gave_way_are_named(province: Path, tmp_path: Path) -> None:
    references(tmp_path, province).close()
    watch(tmp_path, province / "drop", memory=600_000)
    found = parity(tmp_path)
    assert found.unexplained == 0
    assert "memory" in names(found) <= {"memory", "late"}
    with Lake(tmp_path) as lake:
        import_path(lake, province / "calls")  # the same calls: nothing new waits
    assert parity(tmp_path, days=1).unjudged == 0
