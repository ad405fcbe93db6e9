"""Decides how processes change one shared word in one step: add to it, or swap it if it is still what it was.

Two instructions of the processor, given to kernels as numba intrinsics, so that a process that dies in the middle
leaves nothing half changed; and for who has to wait until another process has gone on: `rest`, and a clock.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _word(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Address of the word `args[1]` of the one-dimensional array `args[0]`."""
    of = signature.args[0]
    array = context.make_array(of)(context, builder, args[0])
    place: Any = cgutils.get_item_pointer
    return place(context, builder, of, array, [args[1]], wraparound=False)


def _add(_typing: Any, array: Any, _at: Any, _amount: Any) -> Any:
    """array[at] += amount in one step; what stood there before."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _word(context, builder, signature, args), args[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), code


def _swap(_typing: Any, array: Any, _at: Any, _old: Any, _new: Any) -> Any:
    """array[at] = new if it is `old`, in one step; whether it was."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = _word(context, builder, signature, args)
        pair = builder.cmpxchg(word, args[2], args[3], "seq_cst", "seq_cst")
        return builder.extract_value(pair, 1)

    return types.boolean(array, types.int64, types.int64, types.int64), code


add: Any = intrinsic(_add)
swap: Any = intrinsic(_swap)
rest: Any = types.ExternalFunction("sched_yield", types.int32())  # sched_yield(2): another process may go on
# times(2) of a null pointer, `tick(0)`: hundredths of a second since some moment before the machine started. One clock
# for all processes, which nobody sets; the time of a call is what somebody else's clock said.
tick: Any = types.ExternalFunction("times", types.int64(types.intp))
