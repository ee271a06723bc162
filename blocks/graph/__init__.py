"""The language: symbolic variables, operations, gradients, and queries over graphs.

Examples
--------
>>> from blocks import tensor
>>> x, y = tensor.scalars("x", "y")
>>> ComputationGraph(x * y).inputs
[x, y]
"""

from blocks.graph import methods as _methods  # noqa: F401  (operators of variables)
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.collected import collect_parameters
from blocks.graph.computation import ComputationGraph
from blocks.graph.gradient import grad
from blocks.graph.op import Apply, Op, as_variable
from blocks.graph.origin import building
from blocks.graph.traversal import explicit_inputs, inputs, toposort, variables
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Tag, Variable, constant, shared

__all__ = [
    "Annotation",
    "Apply",
    "ComputationGraph",
    "Constant",
    "Op",
    "SharedVariable",
    "Tag",
    "TensorType",
    "Variable",
    "add_annotation",
    "as_variable",
    "building",
    "collect_parameters",
    "constant",
    "explicit_inputs",
    "grad",
    "inputs",
    "shared",
    "toposort",
    "variables",
]
