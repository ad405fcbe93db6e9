from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fanzha.errors import VocabularyError
from fanzha.world.habits import Roles, Schemes, draw, load_strict

YAML = Path(__file__).parents[2] / "src" / "fanzha" / "world"


def test_every_role_and_scheme_names_its_source() -> None:
    roles = load_strict(YAML / "roles.yaml", Roles)
    schemes = load_strict(YAML / "schemes.yaml", Schemes)
    assert all(role.source and role.zh and role.en for role in roles.roles.values())
    assert all(scheme.source and scheme.zh and scheme.en for scheme in schemes.schemes.values())
    assert sorted(schemes.evasion) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("before", "after"),
    [("per_10k:", "per_10000:"), ("list_from: local", "list_from: anywhere"), ("talk_s: [12, 28]", "talk_s: long")],
)
def test_a_slip_in_the_yaml_is_named(tmp_path: Path, before: str, after: str) -> None:
    text = (YAML / "roles.yaml").read_text(encoding="utf-8")
    assert before in text
    wrong = tmp_path / "roles.yaml"
    wrong.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(VocabularyError, match=r"roles\.yaml"):
        load_strict(wrong, Roles)


def test_draws_stay_in_range() -> None:
    rng = np.random.default_rng(1)
    for bounds in ((0.0, 0.3), (2.0, 200.0), (5.0, 5.0)):
        values = draw(rng, bounds, 500)
        assert values.min() >= bounds[0]
        assert values.max() <= bounds[1]


def test_every_role_and_scheme_is_in_the_docs() -> None:
    text = (YAML.parents[2] / "docs" / "world.md").read_text(encoding="utf-8")
    roles = load_strict(YAML / "roles.yaml", Roles).roles
    schemes = load_strict(YAML / "schemes.yaml", Schemes).schemes
    for name, row in [*roles.items(), *schemes.items()]:
        assert f"| `{name}` | {row.zh} | {row.en} |" in text
