"""What Python and NumPy do with numbers and arrays, and a symbol cannot.

Each of these errors says what to write instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from blocks.graph.types import TensorType

__all__ = ["Symbol"]


class Symbol:
    """Refuses to be a truth value, a number, an array or a list.

    Examples
    --------
    >>> from blocks import tensor
    >>> float(tensor.scalar("x"))
    Traceback (most recent call last):
        ...
    TypeError: x: expected a number, got a symbol (float64 scalar). Use eval().
    """

    type: TensorType

    # NumPy arrays and numbers at the left of an operator leave the work to the variable.
    __array_priority__ = 1000

    def __float__(self) -> NoReturn:
        raise TypeError(f"{self}: expected a number, got a symbol ({self.type}). Use eval().")

    __int__ = __complex__ = __float__

    def __index__(self) -> NoReturn:
        raise TypeError(
            f"{self}: expected an integer, got a symbol ({self.type}). Use arange in place of "
            "range, the functions of blocks.tensor in place of NumPy's, or eval()."
        )

    def __len__(self) -> NoReturn:
        raise TypeError(
            f"{self}: expected a length that is known, got a symbol ({self.type}). "
            "Use x.shape[0], which is a symbol as well."
        )

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError(
            f"{self}: expected no assignment to a part, got one to a symbol ({self.type}), which "
            "never changes. Use y = set_subtensor(x[index], value)."
        )

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            f"{self}: expected an array, got a symbol ({self.type}). "
            "Use the functions of blocks.tensor on it, or eval() it."
        )

    def __array_function__(self, function: Any, *args: Any) -> NoReturn:
        raise TypeError(
            f"numpy.{function.__name__}: expected arrays, got the symbol {self} ({self.type}). "
            "Use the functions of blocks.tensor on it, or eval() it."
        )
