"""Rows written in bulk belong to an act: outside a transaction there is none."""

from __future__ import annotations

import pytest

from fanzha.desk import bulk
from fanzha.desk.audit.models import Entry


def test_rows_belong_to_an_act(db: None) -> None:
    with pytest.raises(RuntimeError, match="atomic"):
        bulk.insert([Entry(number=1)])
