from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fanzha.gateway.sip.recent import Recent

STEPS = st.lists(st.tuples(st.integers(0, 30), st.floats(0, 20)), max_size=120)


@given(STEPS, st.integers(2, 12))
def test_remembered_long_enough_never_too_long_and_never_too_many(steps: list[tuple[int, float]], most: int) -> None:
    """An answer is there for 32 s unless more than half of `most` came after it; after 64 s it is gone."""
    kept: Recent[str] = Recent(most, 32)
    now, put = 0.0, list[tuple[int, float]]()
    for key, pause in steps:
        now += pause
        found = kept.get(key, now)
        at = next((at for at in range(len(put) - 1, -1, -1) if put[at][0] == key), None)
        if at is not None and now - put[at][1] <= 32 and len(put) - at <= most // 2:
            assert found == str(key)
        if at is None or now - put[at][1] > 64:
            assert found is None
        if found is None:
            kept.put(key, str(key), now)
            put.append((key, now))
        assert len(kept) <= most
