"""The clock of ``time.perf_counter_ns`` for compiled code, without Python's lock."""

from __future__ import annotations

import ctypes
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["clock"]

WORD = ir.IntType(64)
STATUS = ir.IntType(32)
OLDER = "_PyTime_GetPerfCounter"  # until Python 3.12


@intrinsic
def clock(typingctx):  # type: ignore[no-untyped-def]
    """Return the time in nanoseconds, as ``time.perf_counter_ns`` does."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if hasattr(ctypes.pythonapi, OLDER):
            older = ir.FunctionType(WORD, [])
            return builder.call(cgutils.get_or_insert_function(builder.module, older, OLDER), [])
        kind = ir.FunctionType(STATUS, [WORD.as_pointer()])
        read = cgutils.get_or_insert_function(builder.module, kind, "PyTime_PerfCounterRaw")
        place = cgutils.alloca_once(builder, WORD)
        builder.call(read, [place])
        return builder.load(place)

    return types.int64(), codegen
