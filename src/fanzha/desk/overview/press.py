"""Decides how a report becomes a PDF: set by typst from a template of ours, in a Chinese font found on this machine."""

from __future__ import annotations

import datetime
import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import typst
from django.utils.translation import gettext as _

from fanzha.errors import FanzhaError
from fanzha.vocabulary import decode, read


class Font(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A font that has Chinese, and the Debian package it comes with."""

    family: str
    package: str


class _Fonts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fonts: list[Font]
    folders: list[str]
    source: str
    as_of: datetime.date


def printed(template: Path, said: dict[str, Any]) -> bytes:
    """The PDF of a template that reads `sys.inputs.said` (JSON). Raises FanzhaError where no Chinese font is there."""
    fonts = typst.Fonts(include_system_fonts=False, font_paths=_folders())
    inputs = {"said": json.dumps({**said, "font": family()}, ensure_ascii=False)}
    made = typst.compile(template.read_bytes(), font_paths=fonts, sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made


def family() -> str:
    """The first font of fonts.yaml that is installed. Raises FanzhaError with what to install."""
    known = _installed()
    for font in _read().fonts:
        if font.family in known:
            return font.family
    raise FanzhaError(
        _("缺少中文字体，无法生成 PDF"),
        where=", ".join(_read().folders),
        hint=_("请安装：apt-get install %(package)s") % {"package": _read().fonts[0].package},
    )


def _folders() -> list[Path]:
    places = (Path(each).expanduser() for each in _read().folders)
    return [each for each in places if each.is_dir()]


@cache
def _installed() -> frozenset[str]:
    return frozenset(typst.Fonts(include_system_fonts=False, font_paths=_folders()).families())


@cache
def _read() -> _Fonts:
    return decode(read(Path(__file__).with_name("fonts.yaml")), _Fonts)
