from __future__ import annotations

import pytest

from fanzha.profiles.fields import FIELDS, EntityKind
from fanzha.profiles.labels import words


@pytest.mark.parametrize("kind", list(EntityKind))
def test_every_field_has_words_of_every_kind_of_profile(kind: EntityKind) -> None:
    """`contacts_known` of a device is no counter `contacts` over a window `known`."""
    told = {field.name: words(field, kind) for field in FIELDS}
    assert all(zh and en for zh, en in told.values())
    assert len({en for _, en in told.values()}) == len(FIELDS)
