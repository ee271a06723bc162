"""Matrix products as the compiler sees them: with transposition and accumulation.

The language has only ``dot``. `blocks.compile.simplify` turns the products of two
matrices into these ops, which exist nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Kernel, Op, Product, Types
from blocks.graph.ops.linalg import Dot
from blocks.graph.types import TensorType

__all__ = ["Gemm", "MatrixProduct", "Transposed"]


def _transposed(x: TensorType) -> TensorType:
    return TensorType(x.dtype, x.shape[::-1], x.broadcastable[::-1])


@dataclass(frozen=True)
class MatrixProduct(Op):
    """a @ b, each of the two read transposed where asked.

    Parameters
    ----------
    transpose_a, transpose_b
        Whether the first and the second matrix are read transposed.
    """

    transpose_a: bool = False
    transpose_b: bool = False

    name = "dot"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the product; the inner sizes must agree."""
        a, b = types
        return Dot().infer(
            _transposed(a) if self.transpose_a else a, _transposed(b) if self.transpose_b else b
        )

    def lower(self, *types: TensorType) -> Product:
        """Lower to gemm."""
        return Product((self.transpose_a, self.transpose_b))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Multiply with NumPy."""
        a, b = arrays
        return ((a.T if self.transpose_a else a) @ (b.T if self.transpose_b else b),)


@dataclass(frozen=True)
class Gemm(Op):
    """alpha * a @ b + beta * c, with the inputs in the order c, a, b, alpha, beta.

    Parameters
    ----------
    transpose_a, transpose_b
        Whether a and b are read transposed.
    """

    transpose_a: bool = False
    transpose_b: bool = False

    name = "gemm"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of c; the product must have its shape."""
        c, a, b, _, _ = types
        (product,) = MatrixProduct(self.transpose_a, self.transpose_b).infer(a, b)
        for size, got in zip(c.shape, product.shape, strict=True):
            if None not in (size, got) and size != got:
                raise ShapeError(
                    f"add: expected inputs of one shape, got {c.sizes()} and {product.sizes()}. "
                    "Reshape or transpose one of them."
                )
        return (c.clone(),)

    def lower(self, *types: TensorType) -> Product:
        """Lower to gemm with accumulation."""
        return Product((self.transpose_a, self.transpose_b), accumulate=True)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Multiply and add with NumPy."""
        c, a, b, alpha, beta = arrays
        (product,) = MatrixProduct(self.transpose_a, self.transpose_b).reference(a, b)
        return (alpha * product + beta * c,)


def _transpose_kernel(x, y):  # type: ignore[no-untyped-def]
    rows, columns = x.shape
    for i0 in range(0, rows, 16):
        for j0 in range(0, columns, 16):
            for j in range(j0, min(j0 + 16, columns)):
                for i in range(i0, min(i0 + 16, rows)):
                    y[j, i] = x[i, j]


@dataclass(frozen=True)
class Transposed(Op):
    """The transposed matrix, in memory of its own: for products that read it many times."""

    name = "transposed"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with its axes swapped."""
        return (_transposed(types[0]),)

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a copy block by block."""
        return Kernel(_transpose_kernel)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Copy with NumPy."""
        return (np.array(arrays[0].T, order="C"),)
