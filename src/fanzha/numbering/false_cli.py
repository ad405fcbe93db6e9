"""Decides which of the false-CLI rules R1-R8 (虚假主叫) a caller breaks, and whether that may block or only label.

Rules and their actions are in vocabulary/false_cli.yaml. A rule that would need what is not known does not fire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha import vocabulary as words
from fanzha.errors import UsageError
from fanzha.numbering import plan
from fanzha.numbering.codes import Form, Kind, Why, Written
from fanzha.numbering.numbers import Numbers

# Codes of the ingress column, as records.contract.Ingress has them (a test there checks that they agree).
INGRESS_UNKNOWN, LOCAL, INTERNETWORK, INTERPROVINCIAL, INTERNATIONAL, TRUNK = range(6)
RULES = ("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8")

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class FalseCli:
    """Bit i stands for rule R(i+1): in `block` it fires and may block, in `label` it fires and only labels."""

    block: NDArray[np.uint16]
    label: NDArray[np.uint16]


def names(mask: int) -> list[str]:
    """The rules of one row's bit mask, in order."""
    return [rule for bit, rule in enumerate(RULES) if mask >> bit & 1]


def false_cli(
    raw: pa.Array | pa.ChunkedArray,
    numbers: Numbers,
    *,
    ingress: NDArray[np.int8],
    trunk_owns: NDArray[np.int8],
    clir: NDArray[np.int8],
    roaming: NDArray[np.int8] | None = None,
    as_of: date | None = None,
) -> FalseCli:
    """Judge callers.

    raw, numbers: the caller strings and what `normalise` made of them. ingress: codes as above. trunk_owns: 1 the
    trunk's contract permits this caller, 0 it does not, -1 no contract is known. clir: 1 hidden, 0 shown, -1 unknown.
    roaming: 1 the subscriber is verified to be abroad, 0 verified not to be, -1 (or None) nobody can say. as_of: the
    day of the calls (today if None), by which the age of plan data is judged. Raises UsageError on unequal lengths.
    """
    where = np.asarray(roaming if roaming is not None else np.full(len(numbers), -1), np.int8)
    if not len(raw) == len(numbers) == len(ingress) == len(trunk_owns) == len(clir) == len(where):
        raise UsageError("the columns of a false-CLI check are not equally long")
    rules = words.false_cli_rules()
    fresh = ((as_of or date.today()) - plan.current().as_of).days <= rules.plan_max_age_days
    hits = _hits(numbers, np.asarray(ingress), np.asarray(trunk_owns), np.asarray(clir), where, fresh)
    block, label = np.zeros(len(numbers), np.uint16), np.zeros(len(numbers), np.uint16)
    known = ~np.isin(numbers.kind, (Kind.OPAQUE,))
    for bit, rule in enumerate(RULES):
        fires, only_label = hits[rule]
        fires = fires & known
        strict = fires & ~only_label if rules.rules[rule].action == "block" else np.zeros_like(fires)  # type: ignore[index]
        block |= strict.astype(np.uint16) << np.uint16(bit)
        label |= (fires & ~strict).astype(np.uint16) << np.uint16(bit)
    return FalseCli(block, label)


def _hits(
    numbers: Numbers, ingress: NDArray[Any], owns: NDArray[Any], clir: NDArray[Any], roaming: NDArray[Any], fresh: bool
) -> dict[str, tuple[Mask, Mask]]:
    """For each rule: where it fires, and where it then may only label."""
    rules = words.false_cli_rules()
    kind, why = numbers.kind, numbers.why
    never = np.zeros(len(numbers), np.bool_)
    abroad = ingress == INTERNATIONAL
    disowned = (ingress == TRUNK) & (owns == 0)
    plus = np.isin(numbers.written, (Written.PLUS, Written.DOUBLE_ZERO))
    domestic = (numbers.number > 0) & ~np.isin(kind, (Kind.INTERNATIONAL, Kind.SATELLITE, Kind.MARITIME))
    domestic |= why == Why.NO_AREA
    domestic &= ~_kinds(kind, rules.abroad_kinds)
    mobile = _kinds(kind, rules.roaming_kinds)
    irregular = (numbers.form == Form.IRREGULAR) & (why != Why.WITHHELD)
    unassigned = numbers.form == Form.UNASSIGNED
    protected, contracted = _kinds(kind, rules.protected_kinds), _kinds(kind, rules.contract_kinds)
    # A foreign network's numbers follow its own plan, and an unknown short code or a name inside is an extension
    # more often than a lie: neither is proof enough to stop a call.
    inside = np.isin(ingress, (INGRESS_UNKNOWN, LOCAL))
    weak = (why == Why.FOREIGN_LENGTH) | (np.isin(why, (Why.SHORT, Why.NOT_DIGITS)) & inside)
    prefixed = protected & (plus | ((numbers.written == Written.BARE_86) & (ingress > LOCAL)))
    return {
        "R1": (abroad & domestic & ~(mobile & (roaming == 1)), mobile & plus & (roaming != 0)),
        "R2": (protected & (abroad | disowned), never),
        "R3": (irregular | unassigned, weak | (unassigned & (not fresh))),
        "R4": (contracted & disowned, never),
        "R5": ((clir == 1) & (kind != Kind.EMERGENCY), never),
        "R6": ((why == Why.PADDED) | (prefixed & (owns != 1) & (ingress != LOCAL)), never),
        "R7": (kind == Kind.SMS_PORT, never),
        "R8": (unassigned, unassigned & (not fresh)),
    }


def _kinds(kind: NDArray[np.int8], named: Any) -> Mask:
    return np.isin(kind, [Kind[name.upper()] for name in named])
