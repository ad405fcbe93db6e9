from __future__ import annotations

import numpy as np

from fanzha.world.people import FRIEND_SLOTS, make_friends


def test_friendship_is_mutual_and_households_are_near() -> None:
    friends = make_friends(5001, np.random.default_rng(3))
    assert friends.shape == (5001, FRIEND_SLOTS)
    me = np.arange(5000)
    for slot in range(FRIEND_SLOTS):
        back = friends[friends[:5000, slot], slot]
        assert (back == me).mean() > 0.999
    near = np.abs(friends[:, 0] - np.arange(5001))
    far = np.abs(friends[:, -1] - np.arange(5001))
    assert np.median(near) < 5 < np.median(far)
