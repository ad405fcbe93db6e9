"""Decides what an import says of itself: rows in = stored + quarantined + duplicates, always."""

from __future__ import annotations

from typing import NamedTuple


class Receipt(NamedTuple):
    """What became of one file (导入回执). Where `refused` is not empty, nothing of it was stored.

    `first_seq` and `last_seq` bound the calls that it added, 0 where it added none.
    """

    file: str
    kind: str
    network: str
    mapping: str
    rows: int
    stored: int
    quarantined: int
    duplicates: int
    first_seq: int
    last_seq: int
    import_id: int
    refused: str = ""

    def __str__(self) -> str:
        if self.refused:
            return f"{self.file}: {self.refused}"
        return (
            f"{self.file}: {self.rows} rows = {self.stored} stored (入库) + {self.quarantined} quarantined (隔离)"
            f" + {self.duplicates} duplicates (重复)"
        )
