"""Decides what counts as the same decision: one story (entity and scheme) told with the same scores, rules and records.

Wording, titles and legal bases may change without a decision changing; they are left out, and so is the pack's hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Story = tuple[str, str, str]  # kind and value of the entity, scheme
Told = Mapping[Story, dict[str, dict[str, Any]]]  # the alerts of each story by id, as decisions
_WORDS = frozenset({"zh", "en", "title", "legal", "pack"})


def stories(alerts: Iterable[bytes | str]) -> dict[Story, dict[str, dict[str, Any]]]:
    """Encoded alerts by story and id; a later one of an id stands for the earlier."""
    found: dict[Story, dict[str, dict[str, Any]]] = {}
    for text in alerts:
        alert = json.loads(text)
        story = (alert["entity"]["kind"], alert["entity"]["value"], alert["scheme"])
        found.setdefault(story, {})[alert["id"]] = _decision(alert)
    return found


def _decision(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _decision(each) for name, each in value.items() if name not in _WORDS}
    return [_decision(each) for each in value] if isinstance(value, list) else value


def differing(one: Told, other: Told) -> set[Story]:
    """The stories that are not told alike."""
    return {story for story in one.keys() | other.keys() if one.get(story) != other.get(story)}


def within(story: Story, since: str, *tellings: Told) -> bool:
    """Whether any of its alerts was seen since then (ISO-8601 UTC)."""
    return any(alert["last_seen"] >= since for told in tellings for alert in told.get(story, {}).values())


def begun(story: Story, *tellings: Told) -> str:
    """When the first of its alerts was first seen (ISO-8601 UTC), in any telling."""
    return min(str(alert["first_seen"]) for told in tellings for alert in told.get(story, {}).values())


def what(live: Mapping[str, dict[str, Any]], replay: Mapping[str, dict[str, Any]]) -> tuple[str, list[str]]:
    """How a story differs, in a word, and the names of the fields that do."""
    if not live or not replay:
        return ("only_replay" if replay else "only_live"), []
    if len(live) != len(replay):
        return "cut_otherwise", []  # one alert here, several there: a silence fell otherwise
    ordered = [sorted(side.values(), key=lambda alert: str(alert["first_seen"])) for side in (live, replay)]
    names = {name for one, other in zip(*ordered, strict=True) for name in one if one[name] != other.get(name)}
    return "differs", sorted(names)
