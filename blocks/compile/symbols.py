"""Where the functions are that kernels call: BLAS, and the helpers of Numba's own library.

NumPy's wheels bring OpenBLAS with them, newer than SciPy's and with a thread pool that is
there anyway, but export nothing to Numba: the routines are found by their names in the
library. Where NumPy was built otherwise, they are those that SciPy exports.
"""

from __future__ import annotations

import ctypes
import importlib
from functools import cache
from pathlib import Path

import llvmlite.binding
import numpy as np

from blocks.compile.board import BOARD_SYMBOL, board_address

__all__ = ["SOURCE", "address"]


def _library() -> ctypes.CDLL | None:
    """Return the BLAS library of NumPy's wheel, if it is one whose names are known."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in sorted(folder.glob("libscipy_openblas64_*")):
            try:
                library = ctypes.CDLL(str(path))  # loaded already: nothing is read
            except OSError:
                continue
            if hasattr(library, "scipy_sgemm_64_") and hasattr(library, "scipy_dgemm_64_"):
                return library
    return None


_openblas = _library()
SOURCE = "scipy" if _openblas is None else "numpy"
"""Whose library the products are computed with."""


def address(name: str) -> int:
    """Return the address of a function that a kernel names.

    Parameters
    ----------
    name
        A routine of BLAS and its source, such as ``blocks_sgemm_numpy``, or a function of
        Numba or of the process.

    Returns
    -------
    The address, or 0 if there is no such function.

    Examples
    --------
    >>> address(f"blocks_sgemm_{SOURCE}") != address(f"blocks_dgemm_{SOURCE}")
    True
    """
    if name == BOARD_SYMBOL:
        return board_address()
    if name.startswith("blocks_"):
        _, routine, source = name.split("_")
        return _numpy_routine(routine) if source == "numpy" else _scipy_routine(routine)
    found = llvmlite.binding.address_of_symbol(name)
    if found is None:
        _load_helpers()
        found = llvmlite.binding.address_of_symbol(name)
    return int(found or 0)


def _numpy_routine(name: str) -> int:
    function = getattr(_openblas, f"scipy_{name}_64_", None)
    return 0 if function is None else ctypes.cast(function, ctypes.c_void_p).value or 0


def _scipy_routine(name: str) -> int:
    routines = importlib.import_module("scipy.linalg.cython_blas").__pyx_capi__
    if name not in routines:
        return 0
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetName.argtypes = [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(api.PyCapsule_GetPointer(routines[name], api.PyCapsule_GetName(routines[name])))


@cache
def _load_helpers() -> None:
    """Make Numba announce the functions that its compiled code may call."""
    from numba.core.registry import cpu_target
    from numba.core.runtime import rtsys

    context = cpu_target.target_context
    context.refresh()
    rtsys.initialize(context)
