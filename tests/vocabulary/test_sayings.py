from __future__ import annotations

import re
from pathlib import Path

import pytest

import fanzha
from fanzha.errors import VocabularyError
from fanzha.vocabulary import chinese, decode, read
from fanzha.vocabulary.sayings import Sayings

FILES = sorted(Path(fanzha.__file__).parent.rglob("sayings.yaml"))


@pytest.fixture
def sayings(tmp_path: Path) -> Path:
    path = tmp_path / "sayings.yaml"
    path.write_text(
        "source: a test\nas_of: 2026-11-22\nsayings:\n"
        "  - {en: 'no (\\w+) is called (.+)', zh: '没有\\1：\\2'}\n  - {en: 'rule', zh: '规则'}\n"
    )
    return path


def test_a_sentence_and_what_it_names_are_put_into_chinese(sayings: Path) -> None:
    assert chinese("no rule is called flood", sayings) == "没有规则：flood"
    assert chinese("no list is called x", sayings) == "没有list：x"
    assert chinese("something else", sayings) == "something else"


def test_the_first_file_that_knows_a_sentence_is_heeded(sayings: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("source: a test\nas_of: 2026-11-22\nsayings:\n  - {en: 'rule|list', zh: '词'}\n")
    assert chinese("no list is called x", sayings, other) == "没有词：x"
    assert chinese("rule", other, sayings) == "词"


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sayings.yaml"
    path.write_text("source: a test\nas_of: 2026-11-22\nsayings:\n  - {en: x, cn: y}\n")
    with pytest.raises(VocabularyError):
        chinese("x", path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_saying_can_be_said(path: Path) -> None:
    """A saying that takes up more than it catches, or catches itself whole, would fail while an error is told."""
    for saying in decode(read(path), Sayings).sayings:
        caught = re.compile(saying.en).groups
        assert all(int(taken) <= caught for taken in re.findall(r"\\(\d)", saying.zh)), saying
        assert not re.fullmatch(r"\(\.[*+]\)", saying.en), saying
