"""A number's home city is that of its block or area code, for A5 and for regional rights."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import IO

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import geocoder

from fanzha.numbering import normalise, places, region_names, region_of
from fanzha.vocabulary import area_codes, regions


def region(text: str) -> int:
    return int(region_of(normalise(pa.array([text])).number)[0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("13971800000", 421200),  # 咸宁
        ("057188880000", 330100),
        ("01066123567", 110100),
        ("02188880000", 310100),
        ("0715-8881234", 421200),
        ("057196110", 330100),
        ("0571110", 330100),
        ("010110", 110100),
        ("01012345", 110100),
        ("01096110", 110100),
        ("0951110", 640100),
        ("+85291234567", 810000),
        ("+85366123456", 820000),
        ("+886912345678", 710000),
        ("+12125551234", 0),
        ("110", 0),
        ("95588", 0),
        ("10086", 0),
        ("1008611", 0),
        ("10105588", 0),
        ("951110", 0),
        ("96110", 0),
        ("4001234567", 0),
        ("1066123567", 0),
        ("106575123456", 0),
        ("700123456789012", 0),
        ("xyz", 0),
        ("", 0),
    ],
)
def test_known_places(text: str, code: int) -> None:
    assert region(text) == code


def test_every_area_code_leads_to_its_city() -> None:
    rows = [(code, area) for code, area in area_codes().areas.items()]
    keys = normalise(pa.array([f"{code}{'6' * area.local[-1]}" for code, area in rows])).number
    assert region_of(keys).tolist() == [area.city for _, area in rows]


@given(st.integers(13_000_000_000, 19_999_999_999))
def test_blocks_agree_with_libphonenumber(number: int) -> None:
    code = int(region_of(np.array([86_00000000000 + number]))[0])
    if code:
        name = geocoder.description_for_number(phonenumbers.parse(f"+86{number}"), "zh")
        zh, _ = region_names(code)
        known = regions().former.get(name)
        assert known == code or (name[:2] == zh[:2] and regions().cities[code].zh[:2] in name)


def test_most_assigned_blocks_have_a_home() -> None:
    blocks = places.mobile_blocks()
    assert (blocks > 0).sum() > 300_000
    assert set(np.unique(blocks).tolist()) - {0} <= set(regions().cities)
    assert len(np.unique(blocks)) > 330


def test_a_damaged_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_HOME", str(tmp_path))
    expected = places.mobile_blocks()
    monkeypatch.setattr(places, "_blocks", {})
    assert (places.mobile_blocks() == expected).all()
    (file,) = (tmp_path / "cache").iterdir()
    for damage in (b"", b"\x93NUMPY", file.read_bytes()[:1000]):
        file.write_bytes(damage)
        monkeypatch.setattr(places, "_blocks", {})
        assert (places.mobile_blocks() == expected).all()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FANZHA_HOME", str(tmp_path / "file"))  # nowhere to write: slower, no error
    monkeypatch.setattr(places, "_blocks", {})
    assert (places.mobile_blocks() == expected).all()


def test_a_full_disk_costs_the_cache_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: IO[bytes], *_: object, **__: object) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    monkeypatch.setattr(places, "_derived", lambda: np.ones(places.BLOCKS, np.int32))
    kept = tmp_path / "cache" / "blocks.npy"
    assert places._kept(kept).all()
    assert list(kept.parent.iterdir()) == []
