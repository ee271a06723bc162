"""Functions of matrices: exponential, products of several, Kronecker product, norms.

Examples
--------
>>> kron([[1, 2]], [[1, 0], [0, 1]]).eval()
array([[1, 0, 2, 0],
       [0, 1, 0, 2]])
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops import linalg, reduce
from blocks.graph.ops.elementwise import abs_, mul
from blocks.graph.ops.inverse import as_square, square
from blocks.graph.ops.join import concatenate
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.shape import dimshuffle, patternbroadcast, reshape, shape_i, shape_padleft
from blocks.graph.ops.sizes import zeros_like
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["MatrixExponential", "expm", "kron", "matrix_dot", "matrix_norm"]


@dataclass(frozen=True)
class MatrixExponential(Op):
    """The exponential of a square matrix, the sum of x^k / k!."""

    name = "expm"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        square(self.name, types[0])
        return (types[0].clone(),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return a block of the exponential of a block matrix: Najfeld and Havel (1995).

        The derivative of the exponential at x^T along g is the upper right block of the
        exponential of [[x^T, g], [0, x^T]].
        """
        (x,), (g,) = inputs, output_gradients
        if g is None:
            return [None]
        transposed = dimshuffle(x, 1, 0)
        above = concatenate([transposed, g], axis=1)
        below = concatenate([zeros_like(x), transposed], axis=1)
        size = shape_i(x, 0)
        dx = expm(concatenate([above, below], axis=0))[:size, size:]
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to SciPy."""

        def exponential(x: Array) -> tuple[Array, ...]:
            from scipy.linalg import expm as compute  # slow to import, and seldom needed

            return (compute(x) if x.size else x,)

        return Call(exponential)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute the power series of x / 2^n, and square the result n times."""
        x = arrays[0].astype("float64")
        size = np.abs(x).sum(initial=0)
        size = size if np.isfinite(size) else 1  # NaN and infinity spread whatever is done
        squarings = max(0, int(np.ceil(np.log2(max(size, 1e-300)))) + 3)
        scaled = x / 2**squarings
        y = term = np.eye(len(x))
        for k in range(1, 20):
            term = term @ scaled / k
            y = y + term
        for _ in range(squarings):
            y = y @ y
        return (y,)


def expm(x: Any) -> Variable:
    """Return the exponential of a square matrix, the sum of x^k / k!.

    Raises
    ------
    ShapeError
        If it is not square.

    Examples
    --------
    >>> expm([[0.0, 1.0], [0.0, 0.0]]).eval()
    array([[1., 1.],
           [0., 1.]])
    """
    result: Variable = MatrixExponential()(as_square("expm", x))
    return result


def matrix_dot(*args: Any) -> Variable:
    """Return the product of several matrices, from left to right.

    Parameters
    ----------
    *args
        The matrices, at least one.

    Examples
    --------
    >>> matrix_dot([[2]], [[3]], [[4, 5]]).eval()
    array([[24, 30]])
    """
    if not args:
        raise ShapeError(
            "matrix_dot: expected at least one matrix, got none. Pass the factors one by one."
        )
    return functools.reduce(dot, map(as_variable, args))


def kron(a: Any, b: Any) -> Variable:
    """Return the Kronecker product: each element of `a`, times `b`, in its place.

    Parameters
    ----------
    a, b
        Variables; the one with fewer axes gets more in front.

    Examples
    --------
    >>> kron([1, 10], [1, 2, 3]).eval()
    array([ 1,  2,  3, 10, 20, 30])
    """
    a, b = as_variable(a), as_variable(b)
    ndim = max(a.ndim, b.ndim)
    a, b = shape_padleft(a, ndim - a.ndim), shape_padleft(b, ndim - b.ndim)
    left = [entry for axis in range(ndim) for entry in (axis, "x")]
    right = [entry for axis in range(ndim) for entry in ("x", axis)]
    product = mul(dimshuffle(a, *left), dimshuffle(b, *right))
    sizes = [mul(shape_i(a, axis), shape_i(b, axis)) for axis in range(ndim)]
    return reshape(product, sizes, ndim=ndim)


def matrix_norm(x: Any, ord: Any = None) -> Variable:
    """Return a norm of a vector or a matrix, as ``numpy.linalg.norm``.

    Parameters
    ----------
    x
        A vector, whose norm is the sum of abs(x)^ord to the power of 1 / ord; or a matrix.
    ord
        The order: for a matrix ``None`` or ``"fro"`` (the root of the sum of squares), infinity
        (the largest sum of absolute values in a row), 1 (in a column), -infinity and -1 (the
        smallest). ``"inf"`` is infinity.

    Raises
    ------
    ShapeError
        If `x` is neither, or there is no such norm of a matrix.

    Examples
    --------
    >>> x = np.array([[1.0, -2.0], [3.0, 4.0]])
    >>> matrix_norm(x, 1).eval(), matrix_norm(x, np.inf).eval()
    (array(6.), array(7.))
    """
    x = as_variable(x)
    order = float(ord) if ord in ("inf", "-inf") else ord
    if x.ndim == 1:
        return linalg.norm(x, order)
    if x.ndim == 2 and order in (None, "fro"):
        return linalg.norm(x, 2)
    if x.ndim == 2 and order in (1, -1, np.inf, -np.inf):
        sums = reduce.sum(abs_(x), axis=0 if abs(order) == 1 else 1)
        return reduce.max(sums) if order > 0 else reduce.min(sums)
    raise ShapeError(
        f"norm: expected a vector, or a matrix and an order of None, 'fro', 1, -1, inf or -inf, "
        f"got {x.type} and {ord!r}. Flatten it, or choose one of these orders."
    )
