"""Operators and methods of variables, bound here because all operations exist by now."""

from __future__ import annotations

from typing import Any

from blocks.graph.ops import elementwise as e
from blocks.graph.ops import linalg
from blocks.graph.ops import shape as s
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable


def _make(self: TensorType, name: str | None = None) -> Variable:
    return Variable(self, name=name)


TensorType.__call__ = _make  # type: ignore[method-assign]

OPERATORS: dict[str, Any] = {
    "__add__": lambda x, y: e.add(x, y),
    "__radd__": lambda x, y: e.add(y, x),
    "__sub__": lambda x, y: e.sub(x, y),
    "__rsub__": lambda x, y: e.sub(y, x),
    "__mul__": lambda x, y: e.mul(x, y),
    "__rmul__": lambda x, y: e.mul(y, x),
    "__truediv__": lambda x, y: e.true_div(x, y),
    "__neg__": lambda x: e.neg(x),
    "__gt__": lambda x, y: e.gt(x, y),
    "dot": linalg.dot, "dimshuffle": s.dimshuffle, "reshape": s.reshape, "flatten": s.flatten,
    "T": property(s.transpose), "shape": property(s.shape),
}
for _name, _function in OPERATORS.items():
    setattr(Variable, _name, _function)
