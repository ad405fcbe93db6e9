from __future__ import annotations

from pathlib import Path

import pytest

from fanzha.policy import Action, Entry, Refusal
from fanzha.policy.profile import shipped
from fanzha.policy.written import Written, read_written

DOCS = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def test_every_refusal_action_profile_and_field_is_told() -> None:
    words = [*Refusal, *(action.name.lower() for action in Action), *shipped()]
    words += [name for name in Entry.__struct_fields__ if name not in ("subject", "value")]
    assert [word for word in words if f"`{word}`" not in DOCS] == []


def test_profiles_are_told_as_they_are() -> None:
    for name, profile in shipped().items():
        row = next(line for line in DOCS.splitlines() if line.startswith(f"| `{name}`"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        codes = [profile.go_on.code, profile.changed.code, profile.block.code, profile.hard.code]
        assert [int(cell.split()[0]) for cell in cells[1:]] == codes
        assert profile.block.phrase in cells[3]


@pytest.mark.parametrize("part", ["entries", "trunks"])
def test_the_examples_are_right(part: str, tmp_path: Path) -> None:
    blocks = [block.partition("```")[0] for block in DOCS.split("```yaml\n")[1:]]
    text = next(block for block in blocks if f"{part}:" in block)
    path = tmp_path / "example.yaml"
    path.write_text(text if "source:" in text.split("entries")[0] else f"source: s\nas_of: 2026-11-22\n{text}")
    assert getattr(read_written(path, 0), part)
    assert part in Written.__struct_fields__
