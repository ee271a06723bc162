"""Operations that do something besides computing: printing a value as it passes.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.scalar("x")
>>> (2 * Print("x is")(x)).eval({x: 3.0})
x is __str__ = 3.0
array(6.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["Print"]


def _print(op: Print, array: Array) -> None:
    for name in op.attrs:
        value = getattr(array, name)
        print(op.message, name, "=", value() if callable(value) else value)


@dataclass(frozen=True)
class Print(Op):
    """The input as it is; whenever it is computed, something about it is printed.

    The result must be used in the place of the input: what no output depends on does not
    run. It is printed once in a call, in the order in which values are computed.

    Parameters
    ----------
    message
        What to print before each value.
    attrs
        The attributes of the array to print, such as ``("shape", "mean")``; methods are
        called without arguments.
    global_fn
        Called with the op and the array instead of printing.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> y = Print("hidden", attrs=("shape", "min"))(tensor.tanh(x))
    >>> y.sum().eval({x: [[0.0, 0.0]]})
    hidden shape = (1, 2)
    hidden min = 0.0
    array(0.)
    """

    message: str = ""
    attrs: Sequence[str] = ("__str__",)
    global_fn: Callable[[Print, Array], Any] = field(default=_print, repr=False)

    name = "print"
    is_pure = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "attrs", tuple(self.attrs))

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return types

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient as it is."""
        return output_gradients

    def lower(self, *types: TensorType) -> Call:
        """Lower to a call."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Print, and return the input."""
        (x,) = arrays
        self.global_fn(self, x)
        return (x,)
