"""Matrices side by side or one below the other, and nested lists as one variable.

Examples
--------
>>> horizontal_stack([[1], [2]], [[3], [4]]).eval()
array([[1, 3],
       [2, 4]])
"""

from __future__ import annotations

from typing import Any

from blocks.graph.ops.join import as_tensor_variable, concatenate
from blocks.graph.variable import Variable

__all__ = ["horizontal_stack", "stacklists", "vertical_stack"]


def stacklists(tensor_list: Any) -> Variable:
    """Return nested lists of variables of one shape as one variable, with an axis per level.

    Parameters
    ----------
    tensor_list
        A variable, or a list of such lists, all of one length in each level.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x", shape=(5,))
    >>> stacklists([[x, x, x], [x, x, x]]).type.shape
    (2, 3, 5)
    """
    return as_tensor_variable(tensor_list)


def horizontal_stack(*args: Any) -> Variable:
    """Return matrices side by side.

    Parameters
    ----------
    *args
        Matrices with as many rows.

    Examples
    --------
    >>> horizontal_stack([[1], [2]], [[3, 4], [5, 6]]).eval()
    array([[1, 3, 4],
           [2, 5, 6]])
    """
    return concatenate(args, axis=1)


def vertical_stack(*args: Any) -> Variable:
    """Return matrices one below the other.

    Parameters
    ----------
    *args
        Matrices with as many columns.

    Examples
    --------
    >>> vertical_stack([[1, 2]], [[3, 4]]).eval()
    array([[1, 2],
           [3, 4]])
    """
    return concatenate(args, axis=0)
