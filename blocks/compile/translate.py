"""From the source text of a kernel to machine code, by Numba.

Only what no process has compiled before needs this module, and with it Numba.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numba.core import types

from blocks.compile.linker import MachineCode

__all__ = ["Translation", "compiled", "translate"]

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
    if "apart" in namespace:  # as `blocks.compile.jit` writes them
        _without_overlap(namespace["apart"])
    kernel = namespace["kernel"]
    kernel.compile(KINDS[kind])
    return kernel


def _without_overlap(function: Any) -> None:
    """Say that what a function writes is no part of its other arguments.

    Numba has a flag for that, and no option of its decorator.
    """
    customize = function._compiler._customize_flags

    def with_noalias(flags: Any) -> Any:
        flags = customize(flags)
        flags.noalias = True
        return flags

    function._compiler._customize_flags = with_noalias


@dataclass(frozen=True)
class Translation:
    """What Numba made of a kernel.

    Parameters
    ----------
    code
        Its machine code.
    is_portable
        Whether other processes can use it: it names no address of this one.
    address
        Where Numba itself has loaded it, as long as this object lives.
    kernel
        Numba's function.
    """

    code: MachineCode
    is_portable: bool
    address: int
    kernel: Any


def translate(text: str, kind: str) -> Translation:
    r"""Return the function ``kernel`` of a module as machine code.

    Parameters
    ----------
    text, kind
        As of `compiled`.

    Examples
    --------
    >>> text = "from numba import njit\n@njit\ndef kernel(slots): slots[0] = 1"
    >>> translate(text, "slots").is_portable
    True
    """
    kernel = compiled(text, kind)
    (found,) = kernel.overloads.values()
    names, library = found.fndesc, found.library
    symbol = names.llvm_func_name if kind == "slots" else names.llvm_cfunc_wrapper_name
    _, _, (image, _) = library.serialize_using_object_code()
    code = MachineCode(symbol, bytes(image))
    address = library.get_pointer_to_function(symbol)
    return Translation(code, not library.has_dynamic_globals, address, kernel)
