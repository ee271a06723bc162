"""CPython's own functions for compiled code, so that Python can call it without Numba.

Objects are integers here: their addresses. `foreign` calls any function by its name.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["bad_arguments", "failed", "foreign", "integer", "new_integer", "release", "take"]

WORD = ir.IntType(64)


def foreign(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """Call a C function that is linked by its name, from an intrinsic.

    Parameters
    ----------
    builder
        Where the call goes.
    name
        The function's name.
    result
        The type of what it returns.
    arguments
        The values that it takes.
    """
    kind = ir.FunctionType(result, [x.type for x in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _python_function(name: str, count: int) -> Any:
    """Return an intrinsic that calls a function of CPython, from words to a word."""
    signature = types.int64(*[types.int64] * count)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return foreign(builder, name, WORD, list(arguments))

    # Numba reads off how many arguments there are.
    if count == 0:
        return intrinsic(lambda typingctx: (signature, codegen))
    return intrinsic(lambda typingctx, x: (signature, codegen))


integer = _python_function("PyLong_AsLongLong", 1)
new_integer = _python_function("PyLong_FromLongLong", 1)
failed = _python_function("PyErr_Occurred", 0)
bad_arguments = _python_function("PyErr_BadArgument", 0)  # returns 0 in its lower half only
release = _python_function("PyEval_SaveThread", 0)
take = _python_function("PyEval_RestoreThread", 1)  # returns nothing
