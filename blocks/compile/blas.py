"""BLAS ``gemm`` for kernels: the routines of NumPy's own library, called from compiled code.

NumPy's wheels bring OpenBLAS with them, newer than SciPy's and with a thread pool that is
there anyway, but export nothing to Numba: the routines are found by their names in the
library. Where NumPy was built otherwise, they are those that SciPy exports.

They are bound by symbol name, not by address, so that compiled kernels can be cached on
disk and used by the next process.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import get_cython_function_address, intrinsic

__all__ = ["SOURCE", "dgemm", "sgemm"]


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


def _address(routine: str) -> int:
    if _openblas is None:
        return int(get_cython_function_address("scipy.linalg.cython_blas", routine))
    pointer = ctypes.cast(getattr(_openblas, f"scipy_{routine}_64_"), ctypes.c_void_p)
    return pointer.value or 0


def _gemm(routine: str, real: Any, llvm_real: Any) -> Any:
    """Return an intrinsic that calls one of BLAS's ``gemm`` routines."""
    symbol = f"blocks_{routine}_{SOURCE}"
    llvmlite.binding.add_symbol(symbol, _address(routine))
    pointer = types.CPointer(real)
    integer = ir.IntType(32 if _openblas is None else 64)

    @intrinsic
    def gemm(typingctx, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):  # type: ignore[no-untyped-def]
        """Compute c = alpha * op(a) @ op(b) + beta * c on column-major matrices."""
        int_ = types.int64
        signature = types.void(
            int_, int_, int_, int_, int_, real, pointer, int_, pointer, int_, real, pointer, int_
        )

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def reference(value: Any) -> Any:
                slot = cgutils.alloca_once(builder, value.type)
                builder.store(value, slot)
                return slot

            ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = arguments
            letters = [reference(builder.trunc(t, ir.IntType(8))) for t in (ta, tb)]
            narrow = builder.trunc if integer.width < 64 else lambda x, _: x
            m, n, k, lda, ldb, ldc = (
                reference(narrow(x, integer)) for x in (m, n, k, lda, ldb, ldc)
            )
            alpha, beta = reference(alpha), reference(beta)
            operands = [*letters, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc]
            function_type = ir.FunctionType(ir.VoidType(), [x.type for x in operands])
            function = cgutils.get_or_insert_function(builder.module, function_type, symbol)
            builder.call(function, operands)
            return context.get_dummy_value()

        return signature, codegen

    return gemm


sgemm = _gemm("sgemm", types.float32, ir.FloatType())
dgemm = _gemm("dgemm", types.float64, ir.DoubleType())
