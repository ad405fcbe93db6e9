from __future__ import annotations

import pytest

from fanzha.cli.language import chosen


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
        ([], {"LANG": "de_DE.UTF-8", "FANZHA_LANG": "zh"}, "zh"),
        (["--lang", "en", "scan"], {"FANZHA_LANG": "zh"}, "en"),
        (["--lang=zh"], {"LANG": "C"}, "zh"),
        (["--lang", "xx"], {"LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_option_wins_then_fanzha_lang_then_the_locale(arguments, environment, language) -> None:
    assert chosen(arguments, environment) == language
