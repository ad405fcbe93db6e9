"""A slip in a YAML of ours or of an operator is refused by file and line, never half understood."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import VocabularyError
from fanzha.vocabulary import decode, load, parse, read
from fanzha.vocabulary.schemas import CountryCodes, Settings


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    most: int
    source: str


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    as_of: date
    limits: dict[str, Limit]
    order: list[Limit] = []


GOOD = """as_of: 2026-11-22
limits:
  calls: {most: 5, source: press}
  codes:
    most: 7
    source: "law"
order:
  - {most: 1, source: a}
"""


def test_a_good_file_is_read_with_the_line_of_every_node() -> None:
    document = parse(GOOD, "limits.yaml")
    assert decode(document, Limits).limits["codes"] == Limit(most=7, source="law")
    assert document.data["as_of"] == date(2026, 11, 22)
    assert document.line("limits", "codes", "source") == 6
    assert document.line("order", 0) == 8
    assert document.where("limits", "calls", "absent") == "limits.yaml:3"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "stands twice"),
        ("areas:\n  0571: 1\n", 2, "leading zero"),
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("? [a]\n: 1\n", 1, "a key must be"),
        ("a: 2026-13-01\n", 1, "timestamp"),
        ("a: !!python/object:os.system 1\n", 1, "'1' is not a"),
    ],
)
def test_what_is_not_plainly_right_is_refused_by_line(text: str, line: int, message: str) -> None:
    with pytest.raises(VocabularyError, match=message) as caught:
        parse(text, "x.yaml")
    assert caught.value.where == f"x.yaml:{line}"


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "12:30", "1e", "=", "<<"])
def test_words_that_yaml_likes_to_turn_into_something_else_stay_words(word: str) -> None:
    assert parse(f"a: {word}\n", "x.yaml").data == {"a": word}


def test_an_unknown_key_is_refused_with_its_own_line() -> None:
    for text, line in ((GOOD.replace("    source:", "    sorce:"), 6), (GOOD + "extra: 1\n", 9)):
        with pytest.raises(VocabularyError) as caught:
            decode(parse(text, "x.yaml"), Limits)
        assert caught.value.where in (f"x.yaml:{line}", "x.yaml:4", "x.yaml:2")
        assert caught.value.hint


def test_an_unknown_key_in_a_list_is_refused_with_its_own_line() -> None:
    with pytest.raises(VocabularyError) as caught:
        decode(parse(GOOD.replace("- {most: 1,", "- {most: 1, must: 2,"), "x.yaml"), Limits)
    assert caught.value.where == "x.yaml:8"


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe\x00", "区号: 一".encode("gb18030")])
def test_unreadable_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(VocabularyError, match="bad.yaml"):
        read(path)
    with pytest.raises(VocabularyError):
        read(tmp_path)
    with pytest.raises(VocabularyError):
        read(tmp_path / "absent.yaml")


@given(st.text(max_size=60))
def test_no_text_gives_anything_but_data_or_our_error(text: str) -> None:
    with contextlib.suppress(VocabularyError):
        parse(text, "x.yaml")


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(VocabularyError):
        parse("[" * 5000 + "]" * 5000, "x.yaml")


def test_an_operators_file_replaces_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("settings", Settings).timezone == "Asia/Shanghai"
    (tmp_path / "settings.yaml").write_text("source: us\nas_of: 2026-01-01\ntimezone: UTC\nwithheld_words: []\n")
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path))
    assert load("settings", Settings).timezone == "UTC"
    assert 852 in load("country_codes", CountryCodes).countries
    monkeypatch.setenv("FANZHA_VOCABULARY", str(tmp_path / "absent"))
    with pytest.raises(VocabularyError, match="not a directory"):
        load("settings", Settings)
