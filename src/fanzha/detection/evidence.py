"""Decides how a rule explains itself: each leaf with its value beside its threshold, in Chinese and English."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.condition import (
    Amount,
    Arithmetic,
    Comparison,
    Leaf,
    Negative,
    Number,
    amount_of,
    fields_of,
    standing,
    truth,
)
from fanzha.detection.counterfactual import Counterfactual
from fanzha.detection.rule import Rule, Text
from fanzha.numbering.text import kind_words
from fanzha.profiles.fields import FIELDS, EntityKind
from fanzha.profiles.labels import Words, words

State = Literal["holds", "fails", "unknown"]
_OPS_ZH = {"<": "低于", "<=": "不高于", ">": "高于", ">=": "不低于", "==": "等于", "!=": "不等于"}
_OPS_EN = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "equal to", "!=": "other than"}
_STATE_ZH = {"holds": "满足", "fails": "不满足", "unknown": "未知"}
_UNITS_ZH = {"s": " 秒", "d": " 天", "h": " 时"}
_UNITS_EN = {"s": " s", "d": " d", "h": " h"}
_SIGNS = {"*": "×", "/": "÷"}


class Item(msgspec.Struct, frozen=True):
    """One leaf of a rule beside what was found; `value` and `threshold` are null when unknown or a list."""

    rule: str
    fields: list[str]
    value: float | None
    op: str
    threshold: float | None
    state: State
    zh: str
    en: str


class WouldNotHave(msgspec.Struct, frozen=True):
    """What would have changed the outcome; without a field: nothing alone."""

    field: str | None
    was: float | None
    instead: float | None
    zh: str
    en: str


def items_of(rule: Rule, vector: NDArray[np.float64]) -> list[Item]:
    """The leaves of one rule's condition as they stood; `vector` is float64[FIELD_COUNT].

    Where a rule offers several ways and one held, only that one is told.
    """
    if rule.condition is None:
        return []
    values = vector.tolist()
    return [_item(rule, leaf, ways, values) for leaf, ways in standing(rule.condition, values)]


def unknown_of(asked: Iterable[int], vector: NDArray[np.float64], kind: EntityKind = EntityKind.NUMBER) -> list[Text]:
    """Those of the fields asked for, by their places, that nobody could tell; `kind`: of what the profile is."""
    return [Text(*words(FIELDS[index], kind)) for index in asked if math.isnan(vector[index])]


def tell(found: Counterfactual | None, kind: EntityKind = EntityKind.NUMBER, *, alert: bool = False) -> WouldNotHave:
    """A counterfactual in words, for a profile of this kind; `alert`: of the whole alert rather than of one rule."""
    if found is None:
        zh = "单独改变任何一项都不足以避免本预警" if alert else "单独改变任何一项都不足以使本规则不触发"
        return WouldNotHave(None, None, None, zh, "no single change alone is enough")
    zh_end = "不会产生本预警" if alert else "本规则不会触发"
    en_end = "there would be no alert" if alert else "the rule would not fire"
    field, was, instead = found.field, shown(found.was), shown(found.instead)
    zh_unit, en_unit = _UNITS_ZH.get(field.unit, ""), _UNITS_EN.get(field.unit, "")
    zh, en = words(field, kind)
    return WouldNotHave(
        field.name,
        found.was,
        found.instead,
        f"若{zh}为 {instead}{zh_unit}（实际 {was}{zh_unit}），{zh_end}",
        f"if {en} had been {instead}{en_unit} instead of {was}{en_unit}, {en_end}",
    )


def shown(value: float) -> str:
    """A number as people read it."""
    if math.isnan(value):
        return "?"
    if abs(value - round(value)) < 1e-6:
        return str(round(value))
    return f"{value:.2f}" if abs(value) < 1000 else f"{value:.0f}"


def _item(rule: Rule, leaf: Leaf, ways: int, vector: list[float]) -> Item:
    holds = truth(leaf, vector)
    state: State = "unknown" if holds is None else ("holds" if holds else "fails")
    names = list(dict.fromkeys(ref.name for ref in fields_of(leaf)))
    if isinstance(leaf, Comparison):
        value, bound = amount_of(leaf.left, vector), amount_of(leaf.right, vector)
        limit = shown(bound)
        (zh, en), right = _label(leaf.left, rule.entity), _label(leaf.right, rule.entity)
        zh = f"{zh}为 {shown(value)}{_unit(leaf.left, _UNITS_ZH)}，阈值{_OPS_ZH[leaf.op]} {limit}"
        en = f"{en}: {shown(value)}{_unit(leaf.left, _UNITS_EN)}, {_OPS_EN[leaf.op]} {limit}"
        if any(True for _ in fields_of(leaf.right)):
            zh, en = f"{zh}（{right[0]}）", f"{en} ({right[1]})"
        return Item(rule.id, names, _known(value), leaf.op, _known(bound), state, *_told(zh, en, state, ways))
    value = amount_of(leaf.value, vector)
    found = kind_words(int(value)) if names == ["number_kind"] and not math.isnan(value) else (shown(value),) * 2
    among = rule.listed.get(leaf.name, (leaf.name, leaf.name))
    zh, en = _label(leaf.value, rule.entity)
    zh = f"{zh}为 {found[0]}，须{'不' if leaf.negated else ''}属于 {among[0]}"
    en = f"{en}: {found[1]}, {'not ' if leaf.negated else ''}in {among[1]}"
    op = "not in" if leaf.negated else "in"
    return Item(rule.id, names, _known(value), op, None, state, *_told(zh, en, state, ways))


def _told(zh: str, en: str, state: State, ways: int) -> tuple[str, str]:
    if ways > 1:
        zh, en = f"{zh}，{ways}种情形之一", f"{en}, one of {ways} ways"
    return f"{zh}（{_STATE_ZH[state]}）", f"{en} ({state})"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _unit(node: Amount, units: dict[str, str]) -> str:
    return (
        "" if isinstance(node, Arithmetic) else next((units.get(FIELDS[r.index].unit, "") for r in fields_of(node)), "")
    )


def _label(node: Amount, kind: EntityKind) -> Words:
    """An amount in words, Chinese and English, as they are for a profile of this kind."""
    if isinstance(node, Number):
        return f"{node.value:g}", f"{node.value:g}"
    if isinstance(node, Negative):
        zh, en = _label(node.operand, kind)
        return f"−({zh})", f"−({en})"
    if isinstance(node, Arithmetic):
        left, right, sign = _label(node.left, kind), _label(node.right, kind), _SIGNS.get(node.op, node.op)
        return f"{left[0]} {sign} {right[0]}", f"{left[1]} {sign} {right[1]}"
    return words(FIELDS[node.index], kind)
