from __future__ import annotations

import json
import logging

from hypothesis import given
from hypothesis import strategies as st

from fanzha.gateway.log import JsonLines, Sparing, masked


@given(st.from_regex(r"(\+|00)?[0-9]{7,18}", fullmatch=True), st.text(max_size=5))
def test_no_whole_number_is_written(number: str, around: str) -> None:
    told = masked(f"{around} {number} {around}")
    assert number not in told
    assert "****" in told


def test_short_codes_and_words_stay() -> None:
    assert masked("95588 and 110 at 10.0.0.1:5060, policy 12") == "95588 and 110 at 10.0.0.1:5060, policy 12"


def test_a_fault_is_told_whole_but_for_numbers() -> None:
    try:
        raise ValueError("call of +8613812345678")
    except ValueError as error:
        record = logging.LogRecord("fanzha.gateway", 40, __file__, 1, "no %s", ("verdict",), (type(error), error, None))
    record.call = "c-13812345678"
    row = json.loads(JsonLines().format(record))
    assert (row["room"], row["level"], row["text"], row["call"]) == ("gateway", "error", "no verdict", "c-138****5678")
    assert "ValueError: call of +86138****5678" in row["trace"]


def test_a_warning_repeated_by_every_call_is_told_a_few_times_and_counted() -> None:
    clock = [0.0]
    sparing = Sparing(lambda: clock[0])

    def warned(line: int, level: int = logging.WARNING) -> logging.LogRecord | None:
        record = logging.LogRecord("fanzha.gateway", level, __file__, line, "again", (), None)
        return record if sparing.filter(record) else None

    assert sum(warned(1) is not None for _ in range(2000)) == 5
    assert warned(2) is not None  # another line of the code
    assert all(warned(1, logging.INFO) for _ in range(50))  # what people did is always told
    clock[0] = 11.0
    record = warned(1)
    assert record is not None
    assert json.loads(JsonLines().format(record))["untold"] == 1995
