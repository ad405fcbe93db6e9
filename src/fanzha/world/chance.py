"""Decides how a kernel throws dice: a small counter generator, the same on every machine and version."""

from __future__ import annotations

import math

import numpy as np

from fanzha.compiled import njit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True, nogil=True, inline="always")
def mix(value):  # type: ignore[no-untyped-def]
    """A uint64 well stirred (SplitMix64, Steele and others 2014)."""
    z = np.uint64(value) + _STEP
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(cache=True, nogil=True)
def seed_of(world, day, who):  # type: ignore[no-untyped-def]
    return mix(mix(mix(np.uint64(world)) + np.uint64(day)) + np.uint64(who))


@njit(cache=True, nogil=True)
def unit(state):  # type: ignore[no-untyped-def]
    """A float64 in [0, 1); `state` is uint64[1]."""
    state[0] += _STEP
    z = state[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return float((z ^ (z >> _S31)) >> _S11) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def spread(state, median, sigma):  # type: ignore[no-untyped-def]
    """A lognormal draw about its median."""
    u = 1.0 - unit(state)
    return median * math.exp(sigma * math.sqrt(-2.0 * math.log(u)) * math.cos(6.283185307179586 * unit(state)))


@njit(cache=True, nogil=True)
def count(state, mean):  # type: ignore[no-untyped-def]
    """A Poisson draw; by rounding a normal one where the mean is large."""
    if mean <= 0.0:
        return 0
    if mean > 40.0:
        u = 1.0 - unit(state)
        z = math.sqrt(-2.0 * math.log(u)) * math.cos(6.283185307179586 * unit(state))
        return max(0, int(mean + math.sqrt(mean) * z + 0.5))
    limit = math.exp(-mean)
    k, product = 0, unit(state)
    while product > limit:
        k += 1
        product *= unit(state)
    return k
