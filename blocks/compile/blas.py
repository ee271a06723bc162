"""BLAS ``gemm`` for kernels: the routines that SciPy exports, called from compiled code.

They are bound by symbol name, not by address, so that compiled kernels can be cached on
disk and used by the next process.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import get_cython_function_address, intrinsic

__all__ = ["dgemm", "sgemm"]


def _gemm(routine: str, real: Any, llvm_real: Any) -> Any:
    """Return an intrinsic that calls one of BLAS's ``gemm`` routines."""
    symbol = f"blocks_{routine}"
    address = get_cython_function_address("scipy.linalg.cython_blas", routine)
    llvmlite.binding.add_symbol(symbol, address)
    pointer = types.CPointer(real)

    @intrinsic
    def gemm(typingctx, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):  # type: ignore[no-untyped-def]
        """Compute c = alpha * op(a) @ op(b) + beta * c on column-major matrices."""
        int_ = types.int32
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
            operands = [
                *letters,
                *(reference(x) for x in (m, n, k, alpha)),
                a,
                reference(lda),
                b,
                reference(ldb),
                reference(beta),
                c,
                reference(ldc),
            ]
            function_type = ir.FunctionType(ir.VoidType(), [x.type for x in operands])
            function = cgutils.get_or_insert_function(builder.module, function_type, symbol)
            builder.call(function, operands)
            return context.get_dummy_value()

        return signature, codegen

    return gemm


sgemm = _gemm("sgemm", types.float32, ir.FloatType())
dgemm = _gemm("dgemm", types.float64, ir.DoubleType())
