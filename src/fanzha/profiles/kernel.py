"""Decides how kernels are compiled: cached, free of the interpreter lock, and without counting references.

Counting the references of a store's twenty arrays at every call made a step five times slower (0.5 instead of 2.9
million a second). A kernel therefore borrows its arrays; only what allocates is compiled with `allocating`.
"""

from __future__ import annotations

from fanzha.compiled import njit

# numpy's error model: a division by zero is inf or nan, not an exception that every division must prepare for.
kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
allocating = njit(cache=True, nogil=True, error_model="numpy", _nrt=True)  # type: ignore[call-overload]
