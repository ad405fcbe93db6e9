"""Decides how a kernel asks for memory before it needs it, so that a table larger than the caches is not waited for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _prefetch(_: Any, array: Any, at: Any) -> Any:
    """Fetch the cache line of the `at`-th item of an array (flat, any int) for writing; past the end is harmless."""
    signature = types.void(array, at)

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        base = context.make_array(array)(context, builder, arguments[0]).data
        place = builder.gep(base, [context.cast(builder, arguments[1], at, types.intp)])
        number = ir.IntType(32)
        address = builder.bitcast(place, cgutils.voidptr_t)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        builder.call(function, [address, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return signature, generate


prefetch: Any = intrinsic(_prefetch)  # prefetch(array, at) in a kernel
