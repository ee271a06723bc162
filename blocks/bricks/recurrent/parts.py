"""What recurrent layers are made of: their parameters, masks, and parts of wide arrays."""

from __future__ import annotations

from typing import Any

from blocks import tensor
from blocks.bricks.base import Brick
from blocks.graph.variable import SharedVariable, Variable
from blocks.roles import INITIAL_STATE, WEIGHT, add_role
from blocks.utils.theano_utils import shared_floatx_nans, shared_floatx_zeros

__all__ = ["add_initial_state", "add_weights", "masked", "part", "repeated"]


def add_weights(brick: Brick, name: str, *shape: int) -> None:
    """Append weights full of NaN to the parameters of a brick."""
    weights: SharedVariable = shared_floatx_nans(shape, name=name)
    add_role(weights, WEIGHT)
    brick.parameters.append(weights)


def add_initial_state(brick: Brick, name: str, dim: int) -> None:
    """Append an initial state, zero until it is trained, to the parameters of a brick."""
    state: SharedVariable = shared_floatx_zeros((dim,), name=name)
    add_role(state, INITIAL_STATE)
    brick.parameters.append(state)


def repeated(state: Variable, batch_size: Any) -> Variable:
    """Return an initial state for each example of a batch: (batch_size, dim)."""
    return tensor.repeat(tensor.shape_padleft(state), batch_size, axis=0)


def masked(mask: Variable | None, new: Variable, old: Variable) -> Variable:
    """Return the new states where the mask is 1, the old ones where it is 0.

    Between them it interpolates: mask * new + (1 - mask) * old.
    """
    if mask is None:
        return new
    # Of the dtype of the states: a mask of integers must not make float64 of them.
    weight = tensor.shape_padright(tensor.cast(mask, new.dtype), new.ndim - mask.ndim)
    return weight * new + (1 - weight) * old


def part(x: Variable, number: int, dim: int) -> Variable:
    """Return one of the parts of size `dim` that stand side by side in the last axis."""
    return x[..., number * dim : (number + 1) * dim]
