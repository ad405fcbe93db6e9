from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow.compute as pc

from fanzha.detection.explain import explain
from fanzha.detection.learning.examples import drawn_numbers, examples_of, vectors_at
from fanzha.detection.learning.terms import features
from fanzha.detection.outcomes import Outcomes
from fanzha.detection.pack import Pack
from fanzha.detection.subject import Subject
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake


def test_an_example_is_the_profile_of_its_moment_and_no_later_call(lake: Lake, outcomes: Outcomes, pack: Pack) -> None:
    some = Outcomes([row for row in outcomes if row.fraud][:12])
    few = examples_of(lake, some, network="default", background=0)
    many = examples_of(lake, outcomes, network="default", background=300)  # the whole lake read in one pass
    assert set(few.keys) <= set(many.keys)
    for at, key in enumerate(few.keys.tolist()):
        by_then = lake.calls_of(key, end=datetime.fromtimestamp(int(few.seen[at]) + 1, UTC))
        made = by_then.filter(pc.equal(by_then["caller"], key))
        end = (made if made.num_rows else by_then)["started"][-1].as_py() + timedelta(microseconds=1)
        told = explain(lake, pack, Subject(EntityKind.NUMBER, key, ""), end=end, judged=False)
        then = {field.name: np.nan if value is None else value for field, value in told.profile}
        wanted = [then[name] for name in features()]
        np.testing.assert_array_equal(few.matrix[at], wanted)
        np.testing.assert_array_equal(many.matrix[many.keys == key][0], wanted)


def test_what_goes_in_is_counted_and_the_background_is_drawn_alike_each_time(lake: Lake, outcomes: Outcomes) -> None:
    found = examples_of(lake, outcomes, network="default", background=200)
    again = examples_of(lake, outcomes, network="default", background=200)
    np.testing.assert_array_equal(found.keys, again.keys)
    judged = int((~found.presumed).sum())
    assert judged + found.unknown == len({row.key for row in outcomes})
    assert 150 < found.presumed.sum() <= 200
    assert not found.fraud[found.presumed].any()
    assert not set(found.keys[found.presumed]) & {row.key for row in outcomes}
    assert "level" not in found.names  # our own score would teach a model to repeat us
    other = drawn_numbers(lake, "default", 200, seed=1)
    assert len(np.intersect1d(other, drawn_numbers(lake, "default", 200, seed=0))) < 100


def test_a_number_without_calls_by_then_is_no_example(lake: Lake, outcomes: Outcomes) -> None:
    key = outcomes.rows[0].key
    _, known = vectors_at(lake, "default", np.array([key, 8619999999999]), np.array([10, 2**32]))
    assert known.tolist() == [False, False]
    _, known = vectors_at(lake, "nowhere", np.array([key]), np.array([2**31]))
    assert known.tolist() == [False]
