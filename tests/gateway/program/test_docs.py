"""docs/gateway.md says what is: paths, scopes, metrics, bounds."""

from __future__ import annotations

from pathlib import Path

from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.openapi import PATHS
from fanzha.gateway.sip.words import sip_words
from fanzha.gateway.traffic import TRAFFIC

TEXT = (Path(__file__).parents[3] / "docs" / "gateway.md").read_text(encoding="utf-8")


def test_every_path_with_its_scope_and_every_metric_is_told() -> None:
    for each in PATHS:
        assert each.path in TEXT
        assert each.scope is None or f"| {each.scope} |" in TEXT
    for metric in TRAFFIC:
        assert metric.name in TEXT


def test_the_bounds_told_are_the_bounds_there_are() -> None:
    words, http = sip_words(), bounds()
    for value in (words.remembered_answers, words.address_rate, words.address_burst, words.connections, http.at_once):
        assert f"{value:,}" in TEXT
    told = (words.message_bytes // 1024, words.remembered_seconds, words.half_message_seconds, words.idle_seconds)
    assert told == (64, 32, 10, 300)
    assert (http.body_bytes >> 20, http.head_bytes >> 10, http.request_seconds, http.batch) == (1, 16, 15, 1000)


def test_the_fields_an_edge_may_add_are_told() -> None:
    words = sip_words()
    for name in (words.trunk, words.peer, words.ingress, words.region, words.roaming):
        assert name in TEXT.lower()
