"""BLAS ``gemm`` for kernels, called from compiled code.

The routines (`blocks.compile.symbols`) are bound by name, not by address, so that compiled
kernels can be cached on disk and used by the next process.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from blocks.compile.interface import foreign
from blocks.compile.symbols import SOURCE, address

__all__ = ["dgemm", "sgemm"]


def _gemm(routine: str, real: Any, llvm_real: Any) -> Any:
    """Return an intrinsic that calls one of BLAS's ``gemm`` routines."""
    symbol = f"blocks_{routine}_{SOURCE}"
    llvmlite.binding.add_symbol(symbol, address(symbol))
    pointer = types.CPointer(real)
    integer = ir.IntType(64 if SOURCE == "numpy" else 32)

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
            foreign(builder, symbol, ir.VoidType(), operands)
            return context.get_dummy_value()

        return signature, codegen

    return gemm


sgemm = _gemm("sgemm", types.float32, ir.FloatType())
dgemm = _gemm("dgemm", types.float64, ir.DoubleType())
