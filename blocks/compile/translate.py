"""From the source text of a kernel to machine code, by Numba.

Only what no process has compiled before needs this module, and with it Numba.
"""

from __future__ import annotations

from typing import Any

from numba.core import types

from blocks.compile.linker import MachineCode

__all__ = ["compiled", "translate"]

POINTER = types.CPointer(types.int64)
KINDS: dict[str, Any] = {
    "slots": types.void(POINTER),
    "python": types.int64(types.int64, types.int64, types.int64),
}


def compiled(text: str, kind: str) -> Any:
    """Return the function ``kernel`` of the module `text`, as Numba makes it.

    Parameters
    ----------
    text
        Source of a module.
    kind
        ``"slots"`` for a kernel called with a pointer to its slots, ``"python"`` for a
        function that CPython calls.
    """
    namespace: dict[str, Any] = {"__name__": "blocks_kernel"}
    exec(compile(text, "<kernel>", "exec"), namespace)
    kernel = namespace["kernel"]
    kernel.compile(KINDS[kind])
    return kernel


def translate(text: str, kind: str) -> tuple[MachineCode, bool]:
    """Return the function ``kernel`` of a module as machine code.

    The second value tells whether other processes can use it: it names no address of this one.
    """
    (found,) = compiled(text, kind).overloads.values()
    names = found.fndesc
    symbol = names.llvm_func_name if kind == "slots" else names.llvm_cfunc_wrapper_name
    _, _, (image, _) = found.library.serialize_using_object_code()
    return MachineCode(symbol, bytes(image)), not found.library.has_dynamic_globals
