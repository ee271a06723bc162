"""Test values: sample arrays that go through the graph while it is built.

With ``config.compute_test_value`` set, each operation is computed on the sample values of
its inputs as soon as it is applied, so that sizes that do not fit are an error in the very
line that combines them.

Examples
--------
>>> from blocks import tensor
>>> from blocks.config import config
>>> x = tensor.matrix("x")
>>> x.tag.test_value = np.ones((5, 10))
>>> with config.use(compute_test_value="raise"):
...     get_test_value(x.sum(axis=1))
array([10., 10., 10., 10., 10.])
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

from blocks.config import config
from blocks.errors import BlocksError, DtypeError, GraphError, ShapeError, listed
from blocks.graph.evaluation import concrete_type, evaluate
from blocks.graph.types import Array
from blocks.graph.variable import Constant, SharedVariable, Variable

if TYPE_CHECKING:
    from blocks.graph.op import Apply

__all__ = ["compute_test_values", "get_test_value", "give_test_value", "without_test_values"]

_paused: ContextVar[bool] = ContextVar("paused", default=False)


def get_test_value(x: Variable) -> Array:
    """Return the sample value of a variable: its tag's, a constant's, a shared variable's.

    Parameters
    ----------
    x
        A variable whose ``tag.test_value`` was set or computed, a constant or a shared
        variable.

    Raises
    ------
    GraphError
        If there is none.
    ShapeError, DtypeError
        If the one that was set does not fit the type of the variable.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.ivector("x")
    >>> x.tag.test_value = [1, 2]
    >>> get_test_value(x)
    array([1, 2], dtype=int32)
    """
    if isinstance(x, Constant):
        return x.data
    if not hasattr(x.tag, "test_value"):
        if isinstance(x, SharedVariable):
            return x.array
        raise GraphError(f"{x}: expected a test value ({x.type}), got none. {_remedy(x)}")
    value = np.asarray(x.tag.test_value)
    is_array = isinstance(x.tag.test_value, np.ndarray | np.generic)
    if not np.can_cast(value.dtype, x.dtype, "safe" if is_array else "same_kind"):
        raise DtypeError(
            f"{x}: expected a test value of {x.dtype}, got {value.dtype} {value.shape}. "
            f"Convert it with astype({x.dtype!r})."
        )
    fits = value.ndim == x.ndim and all(
        size in (None, got) and (got == 1 or not flag)
        for size, flag, got in zip(x.type.shape, x.broadcastable, value.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{x}: expected a test value like {x.type}, got {value.dtype} {value.shape}. "
            "Give an array of that shape."
        )
    return value.astype(x.dtype, copy=False)


def _remedy(x: Variable) -> str:
    return f"Set {x.name or 'its'}.tag.test_value, or config.compute_test_value = 'off'."


def compute_test_values(node: Apply) -> None:
    """Give the outputs of an application test values, if those of all inputs are there.

    Raises
    ------
    BlocksError
        If the op fails on the values; or, where ``config.compute_test_value`` is
        ``"raise"``, if an input has none.
    """
    mode = "off" if _paused.get() else config.compute_test_value
    if mode == "off":
        return
    missing = [x for x in node.inputs if not _has_value(x)]
    if missing:
        message = (
            f"{node.op}: expected test values of all inputs, got none for "
            f"{listed(f'{x} ({x.type})' for x in missing)}. "
            f"{_remedy(missing[0])}"
        )
        if mode == "warn":
            warnings.warn(message, stacklevel=4)
        elif mode != "ignore":
            raise GraphError(message)
        return
    values = [get_test_value(x) for x in node.inputs]
    types = [concrete_type(x, value) for x, value in zip(node.inputs, values, strict=True)]
    try:
        results = evaluate(node.op, node.op.infer(*types), values)
    except BlocksError as error:
        raise type(error)(f"{error} These are the sizes of test values.") from None
    for y, value in zip(node.outputs, results, strict=True):
        y.tag.test_value = value


def give_test_value(x: Variable, source: Variable, row: int | None = None) -> None:
    """Give a symbol of a loop's step the test value of what it stands for, where there is one.

    Parameters
    ----------
    x
        The symbol.
    source
        What it stands for: a variable, or one row of it.
    row
        Which row; ``None`` for all of it.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, row = tensor.matrix("x"), tensor.vector("row")
    >>> x.tag.test_value = np.ones((5, 2))
    >>> with config.use(compute_test_value="raise"):
    ...     give_test_value(row, x, 0)
    >>> row.tag.test_value
    array([1., 1.])
    """
    if _paused.get() or config.compute_test_value == "off" or not _has_value(source):
        return
    value = get_test_value(source)
    if row is None:
        x.tag.test_value = value
    elif len(value):
        x.tag.test_value = value[row]


def _has_value(x: Variable) -> bool:
    return isinstance(x, Constant | SharedVariable) or hasattr(x.tag, "test_value")


@contextlib.contextmanager
def without_test_values() -> Iterator[None]:
    """Compute none inside the block, whatever the settings say: a function is compiled there.

    Examples
    --------
    >>> from blocks import tensor
    >>> with config.use(compute_test_value="raise"), without_test_values():
    ...     -tensor.scalar("x")
    -x
    """
    token = _paused.set(True)
    try:
        yield
    finally:
        _paused.reset(token)
