"""How threads wait for each other in compiled code: first awake, then asleep.

Words that threads share are read and written in order here; a plain `word` or `put` may be moved
by the compiler and by the processor, but not across these.
"""

from __future__ import annotations

import os
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from blocks.compile.board import BOARD_SYMBOL, board_address
from blocks.compile.interface import foreign
from blocks.compile.slots import pointer

__all__ = [
    *("acquire", "board", "exchange", "give_way", "pause"),
    *("peek", "publish", "release_lock", "replace"),
]

WORD = ir.IntType(64)
INT = ir.IntType(32)
VOID = ir.VoidType()
YIELD = "SwitchToThread" if os.name == "nt" else "sched_yield"

llvmlite.binding.add_symbol(BOARD_SYMBOL, board_address())


@intrinsic
def board(typingctx):  # type: ignore[no-untyped-def]
    """Return the address of the team's memory (`blocks.compile.board`)."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # As a function, which is linked however far away it is.
        kind = ir.FunctionType(VOID, [])
        found = cgutils.get_or_insert_function(builder.module, kind, BOARD_SYMBOL)
        return builder.ptrtoint(found, WORD)

    return types.int64(), codegen


@intrinsic
def peek(typingctx, address):  # type: ignore[no-untyped-def]
    """Return a word; what its writer wrote before it can be read then."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(pointer(builder, arguments[0]), "acquire", 8)

    return types.int64(types.int64), codegen


@intrinsic
def publish(typingctx, address, value):  # type: ignore[no-untyped-def]
    """Write a word, after all that was written before it."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[1], pointer(builder, arguments[0]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def exchange(typingctx, address, value):  # type: ignore[no-untyped-def]
    """Write a word, and return what was there."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("xchg", pointer(builder, arguments[0]), arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def replace(typingctx, address, old, new):  # type: ignore[no-untyped-def]
    """Write a word if another one is there; return whether it was."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = pointer(builder, arguments[0])
        found = builder.cmpxchg(at, arguments[1], arguments[2], "seq_cst", "seq_cst")
        return builder.zext(builder.extract_value(found, 1), WORD)

    return types.int64(types.int64, types.int64, types.int64), codegen


@intrinsic
def pause(typingctx):  # type: ignore[no-untyped-def]
    """Tell the processor that this thread waits."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if llvmlite.binding.get_process_triple().startswith(("x86", "i386", "i686", "amd64")):
            foreign(builder, "llvm.x86.sse2.pause", VOID, [])
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def give_way(typingctx):  # type: ignore[no-untyped-def]
    """Let other threads have this processor, if there are any."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        foreign(builder, YIELD, INT, [])
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def acquire(typingctx, lock, wait):  # type: ignore[no-untyped-def]
    """Take one of CPython's locks, by its address; return whether it was had."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wait = builder.trunc(arguments[1], INT)
        found = foreign(builder, "PyThread_acquire_lock", INT, [arguments[0], wait])
        return builder.sext(found, WORD)

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def release_lock(typingctx, lock):  # type: ignore[no-untyped-def]
    """Give one of CPython's locks back."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        foreign(builder, "PyThread_release_lock", VOID, [arguments[0]])
        return context.get_dummy_value()

    return types.void(types.int64), codegen
