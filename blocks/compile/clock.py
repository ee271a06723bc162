"""The clock of ``time.perf_counter_ns`` for compiled code, without Python's lock."""

from __future__ import annotations

import ctypes
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from blocks.compile.interface import foreign

__all__ = ["clock"]

WORD = ir.IntType(64)
STATUS = ir.IntType(32)
OLDER = "_PyTime_GetPerfCounter"  # until Python 3.12


@intrinsic
def clock(typingctx):  # type: ignore[no-untyped-def]
    """Return the time in nanoseconds, as ``time.perf_counter_ns`` does."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if hasattr(ctypes.pythonapi, OLDER):
            return foreign(builder, OLDER, WORD, [])
        place = cgutils.alloca_once(builder, WORD)
        foreign(builder, "PyTime_PerfCounterRaw", STATUS, [place])
        return builder.load(place)

    return types.int64(), codegen
