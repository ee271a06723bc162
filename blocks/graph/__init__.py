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
from blocks.graph.cloning import clone, is_same_graph
from blocks.graph.collected import collect_parameters
from blocks.graph.computation import ComputationGraph
from blocks.graph.derivatives import Lop, Rop
from blocks.graph.dot import pydotprint
from blocks.graph.gradient import grad, subgraph_grad
from blocks.graph.jacobians import hessian, jacobian
from blocks.graph.noise import apply_dropout, apply_noise
from blocks.graph.op import Apply, Op, as_variable
from blocks.graph.ops.branch import ifelse
from blocks.graph.ops.effects import Print
from blocks.graph.ops.gradients import (
    consider_constant,
    disconnected_grad,
    grad_clip,
    undefined_grad,
    zero_grad,
    zero_grad_,
)
from blocks.graph.origin import building
from blocks.graph.streams import MRG_RandomStreams, RandomStreams
from blocks.graph.traversal import explicit_inputs, inputs, toposort, variables
from blocks.graph.trial_values import get_test_value
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Tag, Variable, constant, shared
from blocks.graph.verify import verify_grad

__all__ = [
    "Annotation",
    "Apply",
    "ComputationGraph",
    "Constant",
    "Lop",
    "MRG_RandomStreams",
    "Op",
    "Print",
    "RandomStreams",
    "Rop",
    "SharedVariable",
    "Tag",
    "TensorType",
    "Variable",
    "add_annotation",
    "apply_dropout",
    "apply_noise",
    "as_variable",
    "building",
    "clone",
    "collect_parameters",
    "consider_constant",
    "constant",
    "disconnected_grad",
    "explicit_inputs",
    "get_test_value",
    "grad",
    "grad_clip",
    "hessian",
    "ifelse",
    "inputs",
    "is_same_graph",
    "jacobian",
    "pydotprint",
    "shared",
    "subgraph_grad",
    "toposort",
    "undefined_grad",
    "variables",
    "verify_grad",
    "zero_grad",
    "zero_grad_",
]
