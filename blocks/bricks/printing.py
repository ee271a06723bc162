"""Print the shapes of variables while a graph is computed (``brick.print_shapes``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable
from blocks.utils import print_shape as show

__all__ = ["PrintShape", "print_shape"]


@dataclass(frozen=True)
class PrintShape(Op):
    """Return the input unchanged, and print its shape each time it is computed.

    Parameters
    ----------
    header
        What to print before the shape.
    """

    header: str

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return types[:1]

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Pass the gradient on."""
        return output_gradients

    def lower(self, *types: TensorType) -> Call:
        """Call Python."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Print the shape and return a copy."""
        show(arrays[0], self.header)
        return (arrays[0].copy(),)


def print_shape(x: Any, header: str) -> Variable:
    """Return a copy of a variable whose shape is printed when it is computed.

    Parameters
    ----------
    x
        The variable.
    header
        What to print before the shape.

    Examples
    --------
    >>> import numpy as np
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> value = print_shape(x, "x").eval({x: np.ones((2, 3))})
    x (2, 3)
    """
    copy: Variable = PrintShape(header)(x)
    copy.name = header
    return copy
