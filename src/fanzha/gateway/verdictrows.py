"""Decides what a kept verdict says as a row of records.verdicts.VERDICTS, and takes closed segments into the lake."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from fanzha.errors import StorageError
from fanzha.gateway.segment import Line, lines
from fanzha.gateway.verdict import Reason
from fanzha.gateway.verdictlog import segments
from fanzha.records.contract import UTC_US
from fanzha.records.lake import Lake
from fanzha.records.verdicts import VERDICTS, call_ids, store_verdicts, stored_names


def table_of(said: Iterable[Line], network: str) -> pa.Table:
    """Verdicts as a table of VERDICTS; network: whose gateway this is."""
    rows = list(said)
    columns: dict[str, object] = {
        "id": call_ids([line.call.key for line in rows], network),
        "key": [line.call.key for line in rows],
        "network": [network] * len(rows),
        "at": pa.array([line.verdict.at for line in rows], pa.int64()).cast(UTC_US),
        "caller": [line.caller or None for line in rows],
        "caller_raw": [line.call.caller for line in rows],
        "callee": [line.callee or None for line in rows],
        "callee_raw": [line.call.callee for line in rows],
        "trunk": [line.trunk or None for line in rows],
        "ingress": [line.ingress for line in rows],
        "serving_region": [line.region or None for line in rows],
        "action": [int(line.verdict.action) for line in rows],
        "code": [line.verdict.code for line in rows],
        "reasons": [
            [{"code": why.code, "action": int(why.action), "by": why.by} for why in line.verdict.reasons]
            for line in rows
        ],
        "degraded": [list(line.verdict.degraded) for line in rows],
        "policy_version": [line.verdict.policy_version for line in rows],
        "micros": [min(line.verdict.micros, 2**31 - 1) for line in rows],
    }
    return pa.table([pa.array(columns[field.name], field.type) for field in VERDICTS], schema=VERDICTS)


def take_in(folder: Path, lake: Lake, network: str) -> int:
    """Store what closed segments hold and the lake does not; how many verdicts were new. The segments stay until the
    log itself removes them, for `said`. Raises StorageError; what was stored before that stays stored."""
    new, known = 0, stored_names(lake, network)
    for path in segments(folder, closed=True):
        if path.stem in known:
            continue
        try:
            table = table_of(lines(path), network)
        except FileNotFoundError:
            continue  # removed by the log since it was listed, and counted there
        except OSError as error:
            raise StorageError(f"verdicts cannot be read: {error.strerror}", where=str(path)) from None
        new += store_verdicts(lake, table, network=network, name=path.stem)
    return new


def _why(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, "action": int(reason.action), "by": reason.by}
