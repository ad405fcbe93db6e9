"""Help in Chinese is Chinese to the last placeholder, and as wide as the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fanzha.cli.chinese_help import ChineseHelp, columns, wrapped

PAGE = (Path(__file__).parents[2] / "docs" / "cli.zh-CN.md").read_text(encoding="utf-8")


def test_no_english_word_is_left_in_any_help_page() -> None:
    """Names of commands, options and files stay; what click itself would say in English does not."""
    left = re.findall(r"\b(?:OPTIONS|COMMAND|TEXT|INTEGER|RANGE|FLOAT|DATE|FILE|PATH|DIRECTORY)\b", PAGE)
    assert left == []


def test_lines_are_broken_by_columns_and_never_before_a_comma() -> None:
    lines = wrapped("对数据湖运行规则包，按分值列出预警；每条都带证据、话单和反事实。see fanzha scan --help " * 3, 40)
    assert len(lines) > 5
    assert all(columns(line) <= 40 + 2 for line in lines)
    assert not any(line[0] in "，。、；" for line in lines)
    assert "".join(lines).count("--help") == 3  # no word is cut


@pytest.mark.parametrize("width", [50, 78])
def test_a_help_page_keeps_to_its_width_and_its_columns(width: int) -> None:
    page = ChineseHelp(width=width)
    with page.section("选项"):
        page.write_dl([("--out 文件", "写到 x.jsonl 或 x.html（可多次）" * 4), ("--seed 整数", "随机种子"), ("-h", "")])
    heading, *lines = page.getvalue().splitlines()
    assert heading == "选项:"
    assert all(columns(line) <= width + 2 for line in lines)
    starts = {columns(line[: line.index(word)]) for line in lines for word in ("写到", "随机") if word in line[:20]}
    assert len(starts) == 1  # wide characters shift nothing


def test_a_paragraph_is_joined_without_spaces_and_a_marked_one_stays_as_it_is() -> None:
    page = ChineseHelp(width=70)
    page.write_text("一次启动整个平台（工作台、\n持续生长的省份）\nand more.\n\n\b\n例\n  fanzha demo\n")
    assert page.getvalue() == "一次启动整个平台（工作台、持续生长的省份） and more.\n\n例\n  fanzha demo\n"
