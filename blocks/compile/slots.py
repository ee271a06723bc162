"""The slots of a compiled kernel: 64-bit words that hold its arguments.

A kernel is called by address with one pointer, to its slots: for an array its address and its
sizes, for a number its value. These intrinsics read them inside compiled code, and call kernels.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

__all__ = ["call", "flat", "number", "pointer", "put", "view", "word"]

WORD = ir.IntType(64)
BYTES = ir.IntType(8).as_pointer()
STATUS = ir.IntType(32)


def pointer(builder: Any, address: Any) -> Any:
    """Return an address as a pointer to words, in an intrinsic."""
    return builder.inttoptr(address, WORD.as_pointer())


def _load(builder: Any, slots: Any, position: int) -> Any:
    return builder.load(builder.gep(slots, [ir.Constant(WORD, position)]))


@intrinsic(prefer_literal=True)
def view(typingctx, slots, first, dtype, ndim):  # type: ignore[no-untyped-def]
    """Return the C-contiguous array whose address and sizes begin at slot `first`."""
    array = types.Array(dtype.dtype, ndim.literal_value, "C")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        item = context.get_abi_sizeof(context.get_data_type(array.dtype))
        made = make_array(array)(context, builder)
        at = first.literal_value
        shape = [_load(builder, arguments[0], at + 1 + axis) for axis in range(array.ndim)]
        strides = [ir.Constant(WORD, item)]
        for size in shape[:0:-1]:
            strides.insert(0, builder.mul(strides[0], size))
        address = _load(builder, arguments[0], at)
        populate_array(
            made,
            data=builder.inttoptr(address, made.data.type),
            shape=shape,
            strides=strides[: array.ndim],
            itemsize=ir.Constant(WORD, item),
            meminfo=None,
        )
        return made._getvalue()

    return array(slots, first, dtype, ndim), codegen


@intrinsic
def flat(typingctx, x):  # type: ignore[no-untyped-def]
    """Return all elements of a C-contiguous array as a vector that shares its memory."""
    vector = x.copy(ndim=1)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(x)(context, builder, arguments[0])
        made = make_array(vector)(context, builder)
        populate_array(
            made,
            data=array.data,
            shape=[array.nitems],
            strides=[array.itemsize],
            itemsize=array.itemsize,
            meminfo=array.meminfo,
        )
        return made._getvalue()

    return vector(x), codegen


@intrinsic(prefer_literal=True)
def number(typingctx, slots, position):  # type: ignore[no-untyped-def]
    """Return the float64 at a slot."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = _load(builder, arguments[0], position.literal_value)
        return builder.bitcast(value, ir.DoubleType())

    return types.float64(slots, position), codegen


@intrinsic
def word(typingctx, address, position):  # type: ignore[no-untyped-def]
    """Return the word at a position after an address."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.gep(pointer(builder, arguments[0]), [arguments[1]]))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def put(typingctx, address, position, value):  # type: ignore[no-untyped-def]
    """Store a word at a position after an address."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], builder.gep(pointer(builder, arguments[0]), [arguments[1]]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def call(typingctx, function, slots):  # type: ignore[no-untyped-def]
    """Call a kernel by its address, and return its status: 0 unless it raised an error.

    Numba's functions take a place for the result and one for an error before their arguments.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places = [BYTES.as_pointer(), BYTES.as_pointer()]
        kind = ir.FunctionType(STATUS, [*places, WORD.as_pointer()])
        kernel = builder.inttoptr(arguments[0], kind.as_pointer())
        result, error = (cgutils.alloca_once(builder, BYTES) for _ in places)
        return builder.call(kernel, [result, error, pointer(builder, arguments[1])])

    return types.int32(types.int64, types.int64), codegen
