"""From machine code to functions: what a cached kernel takes, without Numba.

Each piece of machine code is linked apart from all others, so that names may recur.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import llvmlite.binding

from blocks.compile import symbols

__all__ = ["MachineCode", "link", "python_function"]

# Names of functions outside, in an object file's table of names. Those of the C library are
# found by the linker. Numba puts the counting of references into each object file itself.
OUTSIDE = re.compile(rb"\0_?((?:blocks|numba|NRT|__svml)_\w+)(?=\0)")
INSIDE = ("NRT_incref", "NRT_decref")

METH_FASTCALL = 0x80  # of CPython: function(module, array of arguments, their number)


@dataclass(frozen=True)
class MachineCode:
    """A compiled function, to keep and to link.

    Parameters
    ----------
    symbol
        The function's name in the object file.
    image
        The object file.

    Examples
    --------
    >>> code = MachineCode("f", b"image")
    >>> MachineCode.parse(code.content()) == code
    True
    """

    symbol: str
    image: bytes

    def content(self) -> bytes:
        """Return it as bytes."""
        return self.symbol.encode() + b"\n" + self.image

    @classmethod
    def parse(cls, content: bytes) -> MachineCode:
        """Return what `content` was called on."""
        symbol, _, image = content.partition(b"\n")
        return cls(symbol.decode(), image)


def link(code: MachineCode) -> int | None:
    """Load machine code for good.

    Returns
    -------
    The function's address, or ``None`` if the machine code is not for this machine, or names
    a function that this process has not.
    """
    builder = llvmlite.binding.JITLibraryBuilder()
    builder.add_object_img(code.image).add_current_process().export_symbol(code.symbol)
    for found in set(OUTSIDE.findall(code.image)):
        name = found.decode()
        address = 0 if name in INSIDE else symbols.address(name)
        if address:
            builder.import_symbol(name, address)
    engine, numbers = _engine()
    try:
        library = _kept(builder.link(engine, f"kernel {next(numbers)}"))
    except RuntimeError:
        return None
    return int(library[code.symbol])


@cache
def _engine() -> tuple[Any, Iterator[int]]:
    """Return LLVM's linker, and numbers to name what it links."""
    llvmlite.binding.initialize_native_target()
    llvmlite.binding.initialize_native_asmprinter()
    return _kept(llvmlite.binding.create_lljit_compiler(suppress_errors=True)), count()


def _kept(x: Any) -> Any:
    """Return an object that is never destroyed: at exit, threads may still run its code."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(x))
    return x


class _Definition(ctypes.Structure):
    """CPython's ``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    )


_definitions: list[_Definition] = []  # CPython keeps pointers to them


def python_function(address: int) -> Callable[..., Any]:
    """Return a function of Python for machine code of CPython's ``METH_FASTCALL`` kind."""
    definition = _Definition(b"kernel", address, METH_FASTCALL, None)
    _definitions.append(definition)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.POINTER(_Definition), ctypes.c_void_p, ctypes.c_void_p]
    function: Callable[..., Any] = make(definition, None, None)
    return function
