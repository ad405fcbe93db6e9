"""Errors and usage in the language of who typed the command: what, where and what to do."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest

from fanzha.cli import failure
from fanzha.errors import InputError, PolicyError, StorageError, UsageError

LOCALE = Path(failure.__file__).with_name("locale")
ENGLISH = re.compile("[a-z]{3,} [a-z]{3,}")  # two words in a row: a sentence, not a name or an option


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure, "language", lambda: "zh")


def test_what_where_and_what_to_do_are_told_in_chinese(chinese: None) -> None:
    error = InputError(
        "cannot be opened: No such file or directory",
        where="calls.csv",
        hint="check the path; a folder or a quoted glob will do too",
    )
    assert failure.told(error) == "calls.csv：打不开：没有这个文件或目录\n  -> 核对路径；也可以给目录，或加引号的通配符"


def test_an_error_said_in_both_languages_is_told_in_the_readers(chinese: None) -> None:
    error = StorageError("FANZHA_HOME cannot be written (数据目录不可写): Read-only file system", where="/x")
    assert failure.told(error) == "/x：数据目录 FANZHA_HOME 不可写：文件系统只读"
    assert failure.told(PolicyError("the policy cannot be kept (策略无法落盘): odd")) == "策略无法落盘：odd"


def test_what_nobody_translated_is_told_as_it_is(chinese: None) -> None:
    assert failure.told(UsageError("a new fault\nis empty")) == "a new fault\n没有内容"


def test_english_stays_word_for_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure, "language", lambda: "en")
    error = InputError("is empty", where="a.yaml", hint="try again")
    assert failure.told(error) == str(error)


def test_an_error_is_told_even_if_its_translation_cannot_be_read(
    chinese: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(failure, "_SAYINGS", tmp_path / "gone.yaml")
    assert failure.told(InputError("is empty")) == "is empty"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing"], 2),
        (["scan", "--frm"], 2),
        (["world"], 2),
        (["world", "out", "--days", "x"], 2),
        (["world", "out", "--days", "0"], 2),
        (["import", "nosuch.csv"], 3),
        (["backtest", "nosuch.yaml"], 4),
        (["audit", "verify"], 5),
    ],
)
def test_a_slip_is_told_in_chinese_and_never_as_a_fault_of_ours(run, arguments: list[str], code: int) -> None:
    done = run(*arguments, lang="zh")
    assert done.returncode == code
    assert not done.stdout
    assert "错误：" in done.stderr or "未导入：" in done.stderr
    assert not ENGLISH.search(done.stderr.replace("fanzha desk migrate", "").replace(f"fanzha {arguments[0]}", ""))


def test_the_catalogue_of_clicks_words_is_compiled_from_its_source() -> None:
    source = (LOCALE / "zh" / "LC_MESSAGES" / "click.po").read_text(encoding="utf-8")
    made = gettext.translation("click", LOCALE, ["zh"])
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', source, re.MULTILINE)
    assert len(pairs) > 30
    for english, words in pairs:
        assert made.gettext(english.replace("\\n", "\n").replace("\\t", "\t")) == words.replace("\\n", "\n").replace(
            "\\t", "\t"
        )
